/**
 * One step of BERT's Adam, fused: both clippings, moments, weight decay.
 *
 * @module
 */
import source from "../../kernels/optim/bert_adam.wgsl" with { type: "text" };
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { AdamWTensors, Betas } from "./adamw.ts";
import { globalNorm } from "./global_norm.ts";
import { pointwiseGroups } from "./grid.ts";

const kernel = { name: "bert_adam", source };

/** Settings of a parameter. */
export interface BertAdamUpdate {
  /** Learning rate of this step. */
  readonly lr: number;
  readonly weightDecay: number;
  readonly betas: Betas;
  /** Added to the root of the second moment. */
  readonly eps: number;
  /** The largest norm of this gradient alone, after the clipping of all together. */
  readonly maxNorm: number;
}

/**
 * Takes a step with one parameter; changes the parameter and its moments in place, nothing where the
 * norm of all gradients is not finite.
 *
 * @param clip What `globalNorm` returned for all gradients.
 * @throws {RangeError} if the four shapes differ.
 *
 * Source: the reference's `BertAdam`, from BERT's own optimiser; SPEC 9.
 */
export function bertAdam(
  { param, grad, m, v }: AdamWTensors,
  clip: Tensor<"f32">,
  { lr, weightDecay, betas: [beta1, beta2], eps, maxNorm }: BertAdamUpdate,
): void {
  const { device, shape } = param;
  for (const other of [grad, m, v]) {
    if (!sameShape(shape, other.shape)) {
      throw new RangeError(`bertAdam: a parameter [${shape}] with a tensor [${other.shape}]`);
    }
  }
  const n = Math.ceil(param.size / 4);
  using own = globalNorm([grad]);
  device.launch({
    kernel,
    entry: "forward",
    bind: { clip, own, grad, param, m, v },
    params: {
      n,
      lr,
      decay: lr * weightDecay,
      rest1: 1 - beta1,
      beta2,
      rest2: 1 - beta2,
      eps,
      max_norm: maxNorm,
    },
    groups: pointwiseGroups(device, n),
  });
}
