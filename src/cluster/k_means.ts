/**
 * Batched k-means with KKZ start, wholly on the GPU.
 *
 * @module
 */
import source from "../../kernels/cluster/k_means.wgsl" with { type: "text" };
import type { Specialisation } from "../gpu/shader.ts";
import { tidy } from "../tensor/scope.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { distances } from "./distance.ts";
import {
  alternate,
  checkClustering,
  type Clusters,
  emptyClusters,
  workgroupFor,
} from "./k_medoids.ts";
import { plainLayout, type TokenLayout, tokensOf } from "./layout.ts";
import { bySlices } from "./slices.ts";
import { readyTokens, tokenNorms } from "./tokens.ts";

const kernel = { name: "k_means", source };

/** Options of {@link kMeans}. */
export interface KMeansOptions {
  /** Clusters of each segment, 1 to N. */
  readonly k: number;
  /** Divide the tokens by their norm (plus 1e-6) first. Default false. */
  readonly preNorm?: boolean;
  /** Most iterations; 0 keeps the clusters around the start. Default 100. */
  readonly iterationLimit?: number;
  /**
   * A segment is done once its means move less than this in one iteration, summed over the means, or no
   * token changes its cluster. Default 1e-6.
   */
  readonly threshold?: number;
  /** Sort the clusters of each segment by their tokens. Default true. */
  readonly sortIds?: boolean;
}

/**
 * Clusters the tokens of each segment around K means (Lloyd 1982, started by KKZ: Katsavounidis, Kuo and
 * Zhang 1994), in squared euclidean distance. `medoids` are the tokens nearest to the means of their clusters.
 * Segments are independent. Everything stays on the GPU; nothing waits for it. No gradient flows through the
 * choice.
 *
 * Ties go to the lowest token, or cluster, number. A cluster that loses its last token takes the one that is
 * furthest from its mean, of all that are not alone: no cluster is empty, and medoids are distinct. A token
 * that is not finite counts as infinitely far from the others, has a cluster of its own while K suffices,
 * and stands for its cluster otherwise. Tokens over 1.8e19 apart, whose squared distance overflows, are
 * infinitely far, too. Memory is 4 N² bytes a segment.
 *
 * @param tokens `[B, N, D]` or `[N, D]`, f32.
 * @throws {UsageError} if an option is out of range.
 * @throws {UserError} if N exceeds what the device's workgroup memory holds (above 1024 everywhere).
 *
 * @example
 * ```ts ignore
 * const { medoids, assignment } = kMeans(tokens, { k: 49 });
 * ```
 */
export function kMeans(tokens: Tensor, options: KMeansOptions): Clusters {
  const layout = plainLayout(tokens.shape, "kMeans");
  if (tokens.shape.length === 3) return kMeansSegments(tokens, layout, options);
  const [medoids, assignment, iterations] = tidy(tokens.device, () => {
    const found = kMeansSegments(tokens, layout, options);
    return [found.medoids.reshape([-1]), found.assignment.reshape([-1]), found.iterations];
  });
  return { medoids, assignment, iterations };
}

/** {@link kMeans} for tokens of any layout; medoids are numbered within their segment. */
export function kMeansSegments(x: Tensor, layout: TokenLayout, options: KMeansOptions): Clusters {
  checkClustering("kMeans", layout, options);
  const { device } = x, { k, preNorm } = options;
  const consts = workgroupFor(device, tokensOf(layout));
  const [medoids, assignment, iterations] = tidy(device, () => {
    const ready = readyTokens(x, layout, preNorm);
    const found = emptyClusters(device, layout, k);
    // KKZ is k-medoids without an iteration.
    const norms = ready.givenNorms ?? tokenNorms(ready);
    const start = { ...found, norms, consts, k, iterationLimit: 0, sortIds: false };
    bySlices(device, layout, (first, count) => {
      const d = distances(ready, undefined, { squared: true }, undefined, first, count);
      alternate(d, start, first);
      lloyd(d, { ...options, ...found, consts }, first);
    });
    return [found.medoids, found.assignment, found.iterations] as const;
  });
  return { medoids, assignment, iterations };
}

/** Records k-means of the segments from `first` on whose squared distances are `d`, from their assignment. */
function lloyd(
  d: Tensor,
  run: KMeansOptions & Clusters & { readonly consts: Specialisation },
  first: number,
): void {
  const { device, shape: [count, n] } = d;
  const { k, iterationLimit = 100, threshold = 1e-6, sortIds = true, consts } = run;
  const { medoids, assignment, iterations } = run;
  device.launch({
    kernel,
    entry: "main",
    consts,
    bind: {
      d,
      means: empty(device, "f32", [count, k, 3], "kMeans"),
      won: empty(device, "f32", [count, n], "kMeans"),
      before: empty(device, "u32", [count, n], "kMeans"),
      medoids,
      assignment,
      iterations,
    },
    params: { n, k, first, limit: iterationLimit, threshold, sorted: Number(sortIds) },
    groups: [count],
  });
}
