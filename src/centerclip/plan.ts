/**
 * Where tokens are clustered, and how many frames and tokens are left after each block.
 *
 * @module
 */
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
}

/** A reduction that runs before a block. */
export interface ClusterStep {
  /** Index of the block, from 0. */
  readonly block: number;
  /** Frames that enter. */
  readonly frames: number;
  /** Segments that are left. */
  readonly targetFrames: number;
  /** Frames of a segment. */
  readonly frameDuration: number;
  /** Tokens kept of a segment, without the class token. */
  readonly clusters: number;
}

/**
 * The reductions of a model, in the order of its blocks (SPEC 5.1; the reference's `get_cluster_inter`).
 *
 * @throws {UsageError} if a list has the wrong length, frames do not divide, or more clusters are asked
 *   for than there are tokens.
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
 * deepStrictEqual(steps, [{ block: 2, frames: 12, targetFrames: 6, frameDuration: 2, clusters: 49 }]);
 * ```
 */
export function clusterPlan(settings: ClusterPlanSettings, layers: number): ClusterStep[] {
  const { maxFrames, targetFrames, clusterCounts, patches } = settings;
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
  const steps: ClusterStep[] = [];
  let tokens = patches;
  for (let block = 0; block < layers; block++) {
    const frames = block === 0 ? maxFrames : targetFrames[block - 1];
    const target = targetFrames[block];
    const clusters = clusterCounts[block];
    if (clusters <= 1 || (frames <= target && clusterCounts[Math.max(block - 1, 0)] <= clusters)) {
      continue;
    }
    const frameDuration = frames / target;
    if (!Number.isInteger(frameDuration)) {
      throw new UsageError(
        `--target_frames_blocks: ${frames} frames do not divide into ${target} segments (block ${
          block + 1
        })`,
      );
    }
    if (clusters > frameDuration * tokens) {
      throw new UsageError(
        `--cluster_num_blocks: ${clusters} clusters of ${frameDuration * tokens} tokens (block ${
          block + 1
        })`,
      );
    }
    tokens = clusters;
    steps.push({ block, frames, targetFrames: target, frameDuration, clusters });
  }
  return steps;
}

/** One line that says where and how tokens are clustered. */
export function describePlan(steps: readonly ClusterStep[]): string {
  if (steps.length === 0) return "token clustering: off";
  const parts = steps.map(({ block, frames, targetFrames, clusters }) =>
    `before block ${block + 1} ${frames} frames to ${targetFrames} segments of ${clusters} tokens`
  );
  return `token clustering: ${parts.join("; ")}`;
}
