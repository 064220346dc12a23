/**
 * Batched k-medoids with KKZ start, wholly on the GPU.
 *
 * @module
 */
import source from "../../kernels/cluster/k_medoids.wgsl" with { type: "text" };
import { referenceKMedoids } from "../compat/k_medoids.ts";
import { UsageError, UserError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import type { Specialisation } from "../gpu/shader.ts";
import { tidy } from "../tensor/scope.ts";
import { sameShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { distances } from "./distance.ts";
import type { KMedoidsOptions } from "./k_medoids_options.ts";
import { plainLayout, type TokenLayout, tokensOf } from "./layout.ts";
import { bySlices } from "./slices.ts";
import { readyTokens, tokenNorms } from "./tokens.ts";

const kernel = { name: "k_medoids", source };

/** What {@link kMedoids} finds. */
export interface Clusters {
  /** The medoids' token numbers, `[B, K]` (or `[K]`). */
  readonly medoids: Tensor<"i32">;
  /** The cluster of every token, `[B, N]` (or `[N]`). */
  readonly assignment: Tensor<"i32">;
  /** Iterations of each segment, with the one that found nothing to move: `[B]`. */
  readonly iterations: Tensor<"i32">;
}

/**
 * Clusters the tokens of each segment around K of them (k-medoids by alternation, started by KKZ:
 * Katsavounidis, Kuo and Zhang 1994). Segments are independent: a batch gives what its segments give
 * alone. Everything stays on the GPU; nothing waits for it. No gradient flows through the choice.
 *
 * Ties go to the lowest token, or cluster, number. A token is always nearest to itself, so medoids are
 * distinct and no cluster is empty. A token that is not finite counts as infinitely far from the others
 * and is made a medoid before any other: it is never averaged away or dropped while K suffices. Memory
 * is 4 N² bytes a segment.
 *
 * @param tokens `[B, N, D]` or `[N, D]`, f32.
 * @throws {UsageError} if an option is out of range or shapes do not go together.
 * @throws {UserError} if N exceeds what the device's workgroup memory holds (above 1024 everywhere).
 *
 * @example
 * ```ts ignore
 * const { medoids, assignment } = kMedoids(tokens, { k: 49 });
 * ```
 */
export function kMedoids(tokens: Tensor, options: KMedoidsOptions): Clusters {
  const layout = plainLayout(tokens.shape, "kMedoids");
  if (tokens.shape.length === 3) return clusterSegments(tokens, layout, options);
  const { distances, init } = options;
  const [medoids, assignment, iterations] = tidy(tokens.device, () => {
    const found = clusterSegments(tokens, layout, {
      ...options,
      distances: distances && distances.reshape([1, ...distances.shape]),
      init: init && init.reshape([1, ...init.shape]),
    });
    return [found.medoids.reshape([-1]), found.assignment.reshape([-1]), found.iterations];
  });
  return { medoids, assignment, iterations };
}

/** {@link kMedoids} for tokens of any layout; medoids are numbered within their segment. */
export function clusterSegments(
  x: Tensor,
  layout: TokenLayout,
  options: KMedoidsOptions,
): Clusters {
  check(layout, options);
  const [medoids, assignment, iterations] = tidy(x.device, () => {
    if (options.compat === "reference") return referenceKMedoids(x, layout, options);
    return solve(x, layout, options);
  });
  return { medoids, assignment, iterations };
}

function solve(x: Tensor, layout: TokenLayout, options: KMedoidsOptions) {
  const { device } = x, { segments } = layout;
  const { k, init, splitSize, distances: given } = options;
  const consts = workgroupFor(device, tokensOf(layout));
  const ready = readyTokens(x, layout, options.preNorm);
  const norms = tokenNorms(ready);
  const found = emptyClusters(device, layout, k);
  if (init) device.copy(init, 0, found.medoids, 0, segments * k * 4);
  // Normalised tokens' norms differ by 1e-6 / |x|, less than f32 tells; their order is |x|'s.
  const run = { ...options, ...found, norms: ready.givenNorms ?? norms, consts };
  // Given distances are one tensor already, so they run in one launch.
  if (given) alternate(given, run);
  else {
    bySlices(device, layout, (first, count) => {
      alternate(
        distances(ready, undefined, options, { x: norms, y: norms }, first, count),
        run,
        first,
      );
    }, splitSize);
  }
  return [found.medoids, found.assignment, found.iterations] as const;
}

/** Room for the clusters of every segment. */
export function emptyClusters(device: Device, layout: TokenLayout, k: number): Clusters {
  const { segments } = layout;
  return {
    medoids: empty(device, "i32", [segments, k], "cluster"),
    assignment: empty(device, "i32", [segments, tokensOf(layout)], "cluster"),
    iterations: empty(device, "i32", [segments], "cluster"),
  };
}

/** What k-medoids runs on besides distances: the tokens' norms, and where the results go. */
interface Alternation extends Clusters, Omit<KMedoidsOptions, "distances"> {
  readonly norms: Tensor;
  /** As {@link workgroupFor} gives them. */
  readonly consts: Specialisation;
}

/** Records k-medoids of the segments from `first` on whose distances are `d`; all else holds all segments. */
export function alternate(d: Tensor, run: Alternation, first = 0): void {
  const { device, shape: [count, n] } = d;
  const { k, iterationLimit = 100, threshold = 1e-6, sortIds = true, init, consts } = run;
  const { norms, medoids, assignment, iterations } = run;
  device.launch({
    kernel,
    entry: "main",
    consts,
    bind: { d, norms, medoids, assignment, iterations },
    params: {
      n,
      k,
      first,
      limit: iterationLimit,
      threshold,
      started: Number(init !== undefined),
      sorted: Number(sortIds),
    },
    groups: [count],
  });
}

/**
 * Lanes of a workgroup that clusters `n` tokens, and how many its memory is laid out for: one variant serves
 * nearly all.
 *
 * @throws {UserError} if the memory does not hold them.
 */
export function workgroupFor({ info }: Device, n: number): Specialisation {
  const lanes = Math.min(info.software ? 64 : 256, info.maxInvocations);
  const most = Math.floor((info.maxWorkgroupStorage - 8 * lanes) / 12);
  if (n > most) {
    throw new UserError(
      `clustering: ${n} tokens a segment exceed the ${most} that this device's workgroup memory holds; ` +
        "take shorter segments",
    );
  }
  return { LANES: lanes, CAPACITY: Math.min(Math.ceil(n / 1024) * 1024, most) };
}

function check(layout: TokenLayout, options: KMedoidsOptions): void {
  checkClustering("kMedoids", layout, options);
  const { k, init, distances } = options;
  const { segments } = layout;
  const n = tokensOf(layout);
  if (init && !sameShape(init.shape, [segments, k])) {
    throw new UsageError(`kMedoids: init is [${init.shape}], not [${segments}, ${k}]`);
  }
  if (distances && !sameShape(distances.shape, [segments, n, n])) {
    throw new UsageError(
      `kMedoids: distances are [${distances.shape}], not [${segments}, ${n}, ${n}]`,
    );
  }
}

/** Checks what every algorithm is told. */
export function checkClustering(
  what: string,
  layout: TokenLayout,
  { k, iterationLimit = 0, splitSize = 1 }: Pick<
    KMedoidsOptions,
    "k" | "iterationLimit" | "splitSize"
  >,
): void {
  const n = tokensOf(layout);
  if (!Number.isInteger(k) || k < 1 || k > n) {
    throw new UsageError(`${what}: k is ${k}, but a segment has ${n} tokens; take 1 to ${n}`);
  }
  if (!Number.isInteger(iterationLimit) || iterationLimit < 0) {
    throw new UsageError(`${what}: iterationLimit is ${iterationLimit}, not 0 or more`);
  }
  if (!Number.isInteger(splitSize) || splitSize < 1) {
    throw new UsageError(`${what}: splitSize is ${splitSize}, not 1 or more`);
  }
}
