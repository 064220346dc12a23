/**
 * k-medoids as the original runs it, for golden cases (SPEC.md 5.4).
 *
 * What differs from `kMedoids` without `compat`: the segments of a chunk share the largest distance, by
 * which all are shifted below zero, and the stopping rule, a mean over the chunk of euclidean moves; a
 * sum of distances counts a token's distance to itself, as `distances` has it; a token is its own nearest
 * only as long as f32 can tell 1 less from no difference, and a cluster left empty takes token 0;
 * without sorting, the assignment is the one before the last update.
 *
 * @module
 */
import source from "../../kernels/cluster/k_medoids_reference.wgsl" with { type: "text" };
import { distances as distancesOf, pairwiseDistance } from "../cluster/distance.ts";
import type { KMedoidsOptions } from "../cluster/k_medoids_options.ts";
import { type TokenLayout, tokensOf } from "../cluster/layout.ts";
import { packTokens, tokenNorms } from "../cluster/tokens.ts";
import { tidy } from "../tensor/scope.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";

const kernel = { name: "k_medoids_reference", source };

/** Shifts distances `[rows, n, n]` below zero, in place, `split` rows at a time. */
function shift(d: Tensor, split: number): void {
  const [rows, n] = d.shape;
  d.device.launch({
    kernel,
    entry: "shift",
    bind: { d },
    params: { n, k: 0, width: 0, rows, split, limit: 0, threshold: 0, started: 0, sorted: 0 },
    groups: [Math.ceil(rows / split)],
  });
}

/**
 * The distances of the tokens of `x` to each other as the original's k-medoids uses them: less the
 * largest of all and 1, and 1 less on the diagonal.
 *
 * @param x `[B, N, D]`, f32: one chunk.
 */
export function negativeDistances(
  x: Tensor,
  options: Pick<KMedoidsOptions, "distance" | "p">,
): Tensor<"f32"> {
  return tidy(x.device, () => {
    const d = pairwiseDistance(x, undefined, options);
    shift(d, Math.max(1, x.shape[0]));
    return d;
  });
}

/**
 * The original's k-medoids. `options.distances`, where given, are as {@link negativeDistances} makes
 * them; `options.splitSize` (default 16) is the length of a chunk. Its one-segment variant
 * (`fast_kmedoids`) is a batch of one; the loop variant (`kmedoids`) always stops after one iteration.
 *
 * @returns medoids, assignment, iterations.
 */
export function referenceKMedoids(
  x: Tensor,
  layout: TokenLayout,
  options: KMedoidsOptions,
): readonly [Tensor<"i32">, Tensor<"i32">, Tensor<"i32">] {
  const { device } = x;
  const { k, iterationLimit = 100, threshold = 1e-6, sortIds = true, splitSize = 16 } = options;
  const { segments: rows } = layout;
  const n = tokensOf(layout);
  const ready = packTokens(x, layout, options.preNorm);
  const norms = tokenNorms(ready);
  const medoids = empty(device, "i32", [rows, k], "kMedoids");
  const assignment = empty(device, "i32", [rows, n], "kMedoids");
  const iterations = empty(device, "i32", [rows], "kMedoids");
  let d = options.distances;
  if (!d) {
    d = distancesOf(ready, undefined, options, { x: norms, y: norms });
    shift(d, splitSize);
  }
  if (options.init) device.copy(options.init, 0, medoids, 0, rows * k * 4);
  device.launch({
    kernel,
    entry: "main",
    bind: {
      d,
      tokens: ready.tokens,
      // Normalised tokens' norms differ by 1e-6 / |x|, less than f32 tells; their order is |x|'s.
      norms: ready.givenNorms ?? norms,
      medoids,
      sorted: empty(device, "i32", [rows, k], "kMedoids"),
      assignment,
      iterations,
      nearest: empty(device, "f32", [rows, n], "kMedoids"),
    },
    params: {
      n,
      k,
      width: ready.layout.width,
      rows,
      split: splitSize,
      limit: iterationLimit,
      threshold,
      started: Number(options.init !== undefined),
      sorted: Number(sortIds),
    },
    groups: [Math.ceil(rows / splitSize)],
  });
  return [medoids, assignment, iterations];
}
