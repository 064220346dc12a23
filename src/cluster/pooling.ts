/**
 * Frame pooling: the plain alternative to clustering.
 *
 * @module
 */
import { mean } from "../ops/reduce.ts";
import { reshape } from "../ops/reshape.ts";
import { tidy } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type Segmentation, segmentLayout } from "./layout.ts";

/**
 * Replaces the frames of every segment by their mean, token by token (the original's `pooling`).
 *
 * @param x `[B * frames, 1 + n, D]`, videos outermost.
 * @returns `[B * targetFrames, 1 + n, D]`.
 * @throws {UsageError} if the frames do not divide into segments of one length.
 *
 * @example
 * ```ts ignore
 * const pooled = poolFrames(x, { frames: 12, targetFrames: 6 });
 * ```
 */
export function poolFrames(x: Tensor, segmentation: Segmentation): Tensor {
  const { segments, frames } = segmentLayout(x.shape, segmentation);
  return tidy(x.device, () => mean(reshape(x, [segments, frames, ...x.shape.slice(1)]), 1));
}
