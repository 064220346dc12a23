/**
 * Multi-segment token clustering: the layer that CenterCLIP puts between two blocks.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { averageClusters, gatherCentres } from "./centres.ts";
import { clusterSegments } from "./k_medoids.ts";
import type { KMedoidsOptions } from "./k_medoids_options.ts";
import { type Segmentation, segmentLayout } from "./layout.ts";

/** Options of {@link clusterTokens}. */
export interface ClusterTokensOptions extends Segmentation, KMedoidsOptions {
  /** What stands for a cluster: its medoid, or the mean of its members. Default `medoid`. */
  readonly aggregation?: "medoid" | "mean";
  /** Use these medoids, `[B * targetFrames, K]`, and do not cluster. */
  readonly medoids?: Tensor<"i32">;
  /** With `medoids` and the aggregation `mean`: the clusters, `[B * targetFrames, tokens]`. */
  readonly assignment?: Tensor<"i32">;
}

/** What {@link clusterTokens} makes. */
export interface ClusteredTokens {
  /** `[B * targetFrames, 1 + K, D]`. */
  readonly output: Tensor;
  /** `[B * targetFrames, K]`, patch numbers within the segment. */
  readonly medoids: Tensor<"i32">;
  /** `[B * targetFrames, tokens of a segment]`; undefined where only medoids were given. */
  readonly assignment: Tensor<"i32"> | undefined;
}

/**
 * Cuts each video into `targetFrames` segments of consecutive frames, clusters the patches of each by
 * {@link kMedoids}, and keeps one frame a segment: the mean of the class tokens and K centres. Gradients
 * flow to the tokens that are kept or averaged, none through the choice (CenterCLIP, Zhao et al. 2022,
 * section 3.2). The patches are read where they lie.
 *
 * Segments are numbered `b * targetFrames + s`, as the frames of the output; the original's clustering
 * call numbers them `s * B + b`: see {@link segmentMajor}.
 *
 * @param x `[B * frames, 1 + n, D]`: videos outermost, a class token before the patches of each frame.
 * @throws {UsageError} as `kMedoids`, and if the frames do not divide into segments of one length.
 *
 * @example
 * ```ts ignore
 * const { output } = clusterTokens(x, { frames: 12, targetFrames: 4, k: 49 });
 * ```
 */
export function clusterTokens(x: Tensor, options: ClusterTokensOptions): ClusteredTokens {
  const { k, aggregation = "medoid" } = options;
  if (aggregation !== "medoid" && aggregation !== "mean") {
    throw new UsageError(`aggregation "${aggregation}" is not known; take "medoid" or "mean"`);
  }
  const { medoids, assignment } = options.medoids
    ? { medoids: options.medoids, assignment: options.assignment }
    : clusterSegments(x, segmentLayout(x.shape, options), options);
  if (aggregation === "medoid") {
    return { output: gatherCentres(x, medoids, options), medoids, assignment };
  }
  if (!assignment) {
    throw new UsageError(
      'clusterTokens: the aggregation "mean" needs the assignment beside medoids',
    );
  }
  return { output: averageClusters(x, assignment, k, options), medoids, assignment };
}

/**
 * For each segment in the original's order, `s * videos + b`, its number here, `b * targetFrames + s`.
 *
 * @example
 * ```ts
 * import { segmentMajor } from "./segments.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual(segmentMajor(2, 3), [0, 3, 1, 4, 2, 5]);
 * ```
 */
export function segmentMajor(videos: number, targetFrames: number): number[] {
  return Array.from(
    { length: videos * targetFrames },
    (_, i) => (i % videos) * targetFrames + Math.floor(i / videos),
  );
}
