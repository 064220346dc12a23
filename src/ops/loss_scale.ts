/**
 * The step of a dynamic loss scale.
 *
 * @module
 */
import source from "../../kernels/optim/loss_scale.wgsl" with { type: "text" };
import type { Tensor } from "../tensor/tensor.ts";

const kernel = { name: "loss_scale", source };

/** A loss scale on the GPU; both change in place. */
export interface LossScaleTensors {
  /** f32, one element: the factor of the loss. */
  readonly scale: Tensor<"f32">;
  /** u32, one element: steps with finite gradients since the scale changed. */
  readonly good: Tensor<"u32">;
}

/**
 * Goes on to the scale of the next step: half of it where this step's gradients were not finite (2^-24 at
 * the least), and twice after `interval` steps with finite ones (2^64 at the most).
 *
 * @param clip What `globalNorm` returned of the step's gradients.
 */
export function advanceLossScale(
  { scale, good }: LossScaleTensors,
  clip: Tensor<"f32">,
  interval: number,
): void {
  const bind = { clip, scale, good };
  scale.device.launch({ kernel, entry: "forward", bind, params: { interval }, groups: [1] });
}
