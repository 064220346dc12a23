/**
 * One AdamW step, fused: clipping, moments, bias correction, decoupled weight decay.
 *
 * @module
 */
import update from "../../kernels/optim/adamw.wgsl" with { type: "text" };
import advance from "../../kernels/optim/adamw_advance.wgsl" with { type: "text" };
import { sameShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { pointwiseGroups } from "./grid.ts";

const updateKernel = { name: "adamw", source: update };
const advanceKernel = { name: "adamw_advance", source: advance };

/** Decay rates of the two moments, each in [0, 1). */
export type Betas = readonly [beta1: number, beta2: number];

/** A parameter with what AdamW keeps for it; all of one shape, all but the gradient changed in place. */
export interface AdamWTensors {
  readonly param: Tensor;
  readonly grad: Tensor;
  /** First moment, zero at first. */
  readonly m: Tensor;
  /** Second moment, zero at first. */
  readonly v: Tensor;
}

/** What the parameters of one step share: see {@link beginStep}. */
export interface AdamWStep {
  /** What `globalNorm` returned. */
  readonly clip: Tensor<"f32">;
  readonly betas: Betas;
  /** f32 [2]: `1 - beta1^t` and `sqrt(1 - beta2^t)`. */
  readonly corrections: Tensor<"f32">;
}

/** Settings of a parameter group. */
export interface AdamWOptions {
  readonly lr: number;
  readonly weightDecay: number;
  /** Added to the root of the second moment. */
  readonly eps: number;
}

/**
 * Begins a step. `count`, u32 [1], holds the steps taken so far, 0 at first; it lives on the GPU because
 * only the GPU knows whether this one counts: a step whose gradient norm is not finite does not, and
 * changes nothing.
 */
export function beginStep(count: Tensor<"u32">, clip: Tensor<"f32">, betas: Betas): AdamWStep {
  const { device } = count;
  const corrections = empty(device, "f32", [2], "adamw");
  // A beta of 0 has a logarithm that f32 arithmetic had better not meet; e^-32 vanishes beside 1.
  const [log_beta1, log_beta2] = betas.map((b) => Math.max(Math.log(b), -32));
  device.launch({
    kernel: advanceKernel,
    entry: "forward",
    bind: { count, clip, corrections },
    params: { log_beta1, log_beta2 },
    groups: [1],
  });
  return { clip, betas, corrections };
}

/**
 * Takes a step with one parameter.
 *
 * @throws {RangeError} if the four shapes differ.
 *
 * Source: Loshchilov and Hutter, "Decoupled weight decay regularization" (ICLR '19), algorithm 2;
 * PyTorch's `torch.optim.AdamW`.
 */
export function adamw(
  { param, grad, m, v }: AdamWTensors,
  { clip, betas, corrections }: AdamWStep,
  { lr, weightDecay, eps }: AdamWOptions,
): void {
  const { device, shape } = param;
  for (const other of [grad, m, v]) {
    if (!sameShape(shape, other.shape)) {
      throw new RangeError(`adamw: a parameter [${shape}] with a tensor [${other.shape}]`);
    }
  }
  const n = Math.ceil(param.size / 4);
  device.launch({
    kernel: updateKernel,
    entry: "forward",
    bind: { clip, corrections, grad, param, m, v },
    params: {
      n,
      decay: 1 - lr * weightDecay,
      lr,
      rest1: 1 - betas[0],
      beta2: betas[1],
      rest2: 1 - betas[1],
      eps,
    },
    groups: pointwiseGroups(device, n),
  });
}
