/**
 * Where tokens are clustered, and how many frames and tokens are left after each block.
 *
 * @module
 */
import { type ClusterAlgorithm, isShift } from "../cluster/method.ts";
import { UsageError } from "../errors.ts";

/** The settings that decide where clusters are made; one entry a vision block. */
export interface ClusterPlanSettings {
  /** Frames that enter the first block (`max_frames`). */
  readonly maxFrames: number;
  /** Frames, then segments, after each block (`target_frames_blocks`). */
  readonly targetFrames: readonly number[];
  /** Tokens of a segment after each block (`cluster_num_blocks`). */
  readonly clusterCounts: readonly number[];
  /** Patches of a frame before any clustering. */
  readonly patches: number;
  /** What happens there. Default: clustering around medoids. */
  readonly algorithm?: ClusterAlgorithm;
}

/** A layer that runs before a block. */
export interface ClusterStep {
  /** Index of the block, from 0. */
  readonly block: number;
  /** Frames that enter. */
  readonly frames: number;
  /** Segments that are left. */
  readonly targetFrames: number;
  /** Frames of a segment. */
  readonly frameDuration: number;
  /** Patches of a frame that enter, without the class token. */
  readonly patches: number;
  /** Tokens kept of a segment, without the class token. */
  readonly clusters: number;
}

/** What the lists say of a block before which something happens. */
export interface ListedStep {
  /** Index of the block, from 0. */
  readonly block: number;
  /** Frames before it. */
  readonly frames: number;
  /** Frames after it. */
  readonly targetFrames: number;
  /** Tokens of a segment before it. */
  readonly clustersBefore: number;
  /** Tokens of a segment after it. */
  readonly clusters: number;
}

/**
 * The blocks at which the frames or the tokens of a segment fall by the lists: there a layer stands, so
 * long as more than one token is to be left. DeepCluster's list of frames begins with those of the first
 * block, the others' with `maxFrames` (SPEC 5.1, 5.6; the reference's `get_cluster_inter`).
 *
 * @example Frames need not divide, since a shift keeps them all.
 * ```ts
 * import { listedSteps } from "./plan.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * const lists = { targetFrames: [11, 11], clusterCounts: [49, 49] };
 * deepStrictEqual(listedSteps({ maxFrames: 60, ...lists }), [
 *   { block: 0, frames: 60, targetFrames: 11, clustersBefore: 49, clusters: 49 },
 * ]);
 * ```
 */
export function listedSteps(
  { maxFrames, targetFrames, clusterCounts, algorithm }: Omit<ClusterPlanSettings, "patches">,
): ListedStep[] {
  const first = algorithm === "deep_cluster" ? targetFrames[0] : maxFrames;
  return targetFrames.map((target, block) => ({
    block,
    frames: block === 0 ? first : targetFrames[block - 1],
    targetFrames: target,
    clustersBefore: clusterCounts[Math.max(block - 1, 0)],
    clusters: clusterCounts[block],
  })).filter(({ frames, targetFrames, clustersBefore, clusters }) =>
    clusters > 1 && (frames > targetFrames || clustersBefore > clusters)
  );
}

/**
 * The layers of a model, in the order of its blocks. Shifts keep every frame and token, and pooling every
 * token: for them the lists only say in which blocks they happen.
 *
 * @throws {UsageError} if a list has the wrong length, frames do not divide or grow, or more clusters are
 *   asked for than there are tokens.
 *
 * @example Twelve frames become six segments of 49 tokens before the third of four blocks.
 * ```ts
 * import { clusterPlan } from "./plan.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * const steps = clusterPlan({
 *   maxFrames: 12,
 *   targetFrames: [12, 12, 6, 6],
 *   clusterCounts: [49, 49, 49, 49],
 *   patches: 49,
 * }, 4);
 * deepStrictEqual(steps, [
 *   { block: 2, frames: 12, targetFrames: 6, frameDuration: 2, patches: 49, clusters: 49 },
 * ]);
 * ```
 */
export function clusterPlan(settings: ClusterPlanSettings, layers: number): ClusterStep[] {
  const { maxFrames, targetFrames, clusterCounts, algorithm = "kmedoids++" } = settings;
  for (
    const [flag, list] of [
      ["target_frames_blocks", targetFrames],
      ["cluster_num_blocks", clusterCounts],
    ] as const
  ) {
    if (list.length !== layers) {
      throw new UsageError(`--${flag} has ${list.length} numbers, the model has ${layers} blocks`);
    }
  }
  let frames = maxFrames, { patches } = settings;
  return listedSteps(settings).map((listed) => {
    const { block } = listed;
    if (isShift(algorithm)) {
      return { block, frames, targetFrames: frames, frameDuration: 1, patches, clusters: patches };
    }
    const target = listed.targetFrames, frameDuration = frames / target;
    if (listed.frames !== frames || !Number.isInteger(frameDuration)) {
      throw new UsageError(
        `--target_frames_blocks: ${frames} frames do not divide into ${target} segments (block ${
          block + 1
        })`,
      );
    }
    const tokens = frameDuration * patches;
    const clusters = algorithm === "pooling" ? patches : listed.clusters;
    if (clusters > tokens) {
      throw new UsageError(
        `--cluster_num_blocks: ${clusters} clusters of ${tokens} tokens (block ${block + 1})`,
      );
    }
    const step = { block, frames, targetFrames: target, frameDuration, patches, clusters };
    [frames, patches] = [target, clusters];
    return step;
  });
}

/**
 * One line that says whether tokens are clustered, how and where.
 *
 * @param algorithm Absent where clustering is off.
 */
export function describePlan(steps: readonly ClusterStep[], algorithm?: ClusterAlgorithm): string {
  if (!algorithm) return "token clustering: off";
  const where = steps.map(({ block, frames, targetFrames, clusters }) =>
    `before block ${block + 1} ` +
    (isShift(algorithm)
      ? `${frames} frames exchange channels`
      : `${frames} frames to ${targetFrames} segments of ${clusters} tokens`)
  ).join("; ");
  return `token clustering: ${algorithm}, ${where || "before no block: the lists reduce nothing"}`;
}
