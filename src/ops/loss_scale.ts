/**
 * The step of a dynamic loss scale.
 *
 * @module
 */
import source from "../../kernels/optim/loss_scale.wgsl" with { type: "text" };
import type { Tensor } from "../tensor/tensor.ts";

const kernel = { name: "loss_scale", source };

/** Bounds of a loss scale, where gradients give none. */
export const LEAST: number = 2 ** -24, MOST: number = 2 ** 64;

/** A loss scale on the GPU; both change in place. */
export interface LossScaleTensors {
  /** f32, one element: the factor of the loss. */
  readonly scale: Tensor<"f32">;
  /** u32, one element: steps with finite gradients since the scale changed. */
  readonly good: Tensor<"u32">;
}

/**
 * Goes on to the scale of the next step: half of it where this step's gradients were not finite ({@link LEAST}
 * at the least), and twice after `interval` steps with finite ones ({@link MOST} at the most).
 *
 * @param clip What `globalNorm` returned of the step's gradients.
 */
export function advanceLossScale(
  { scale, good }: LossScaleTensors,
  clip: Tensor<"f32">,
  interval: number,
): void {
  const bind = { clip, scale, good }, params = { interval, least: LEAST, most: MOST };
  scale.device.launch({ kernel, entry: "forward", bind, params, groups: [1] });
}
