/**
 * One step of BERT's Adam for one parameter, fused: both clippings, schedule, moments, weight decay.
 *
 * @module
 */
import source from "../../kernels/optim/bert_adam.wgsl" with { type: "text" };
import { sameShape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { AdamWTensors, Betas } from "./adamw.ts";
import { LARGEST, type SquareSums } from "./global_norm.ts";
import { pointwiseGroups } from "./grid.ts";

const kernel = { name: "bert_adam", source };
const SCHEDULE = { warmup_cosine: 0, warmup_constant: 1, warmup_linear: 2 } as const;

/** What the parameters of one step share. */
export interface BertAdamStep {
  /** What `globalNorm` returned for the gradients. */
  readonly clip: Tensor<"f32">;
  /** Their sums of squares, one entry a gradient. */
  readonly squares: SquareSums;
  /** u32 [parameters]: updates so far, each counted when it is made. */
  readonly count: Tensor<"u32">;
  /** f32 [parameters, 2], filled on the way: rate, and coefficient of the gradient. */
  readonly factors: Tensor<"f32">;
}

/** How the rate goes over the updates of a parameter. */
export interface BertAdamRate {
  /** The rate that the schedule multiplies. */
  readonly lr: number;
  readonly schedule: keyof typeof SCHEDULE;
  /** Updates of the whole run; may be fractional. */
  readonly total: number;
  /** Fraction of them in which the rate rises from 0; negative for none. */
  readonly warmup: number;
}

/** What is done to a parameter. */
export interface BertAdamUpdate {
  /** Its place in `count` and `factors`, and that of its gradient in `squares`. */
  readonly index: number;
  readonly gradient: number;
  readonly rate: BertAdamRate;
  readonly betas: Betas;
  /** Added to the root of the second moment. */
  readonly eps: number;
  readonly weightDecay: number;
  /** The largest norm of this gradient alone, after the clipping of all together. */
  readonly maxNorm: number;
}

/**
 * Takes a step with one parameter; where the norm of the gradients is not finite, nothing changes and
 * nothing is counted.
 *
 * @throws {RangeError} if the four shapes differ.
 *
 * Source: the reference's `BertAdam`, from BERT's own optimiser; SPEC 9.
 */
export function bertAdam(
  { param, grad, m, v }: AdamWTensors,
  { clip, squares: { partials, ranges }, count, factors }: BertAdamStep,
  { index, gradient, rate, betas, eps, weightDecay, maxNorm }: BertAdamUpdate,
): void {
  const { device, shape } = param;
  for (const other of [grad, m, v]) {
    if (!sameShape(shape, other.shape)) {
      throw new RangeError(`bertAdam: a parameter [${shape}] with a tensor [${other.shape}]`);
    }
  }
  const { lr, schedule, total, warmup } = rate;
  const n = Math.ceil(param.size / 4);
  const params = {
    index,
    ...ranges[gradient],
    n,
    lr,
    total,
    rise: warmup * total,
    warmup_steps: warmupSteps(total, warmup),
    fall: warmup < 1 ? 1 / (1 - warmup) : 0,
    decay: weightDecay,
    beta1: betas[0],
    rest1: 1 - betas[0],
    beta2: betas[1],
    rest2: 1 - betas[1],
    eps,
    max_norm: Math.min(maxNorm, LARGEST),
  };
  const consts = { SCHEDULE: SCHEDULE[schedule] };
  const prepare = { clip, partials, count, factors };
  device.launch({ kernel, entry: "prepare", consts, bind: prepare, params, groups: [1] });
  device.launch({
    kernel,
    entry: "forward",
    consts,
    bind: { clip, prepared: factors, grad, param, m, v },
    params,
    groups: pointwiseGroups(device, n),
  });
}

/** The first step whose fraction of the run is not below `warmup`, as the quotient in f64 says. */
function warmupSteps(total: number, warmup: number): number {
  let step = Math.max(0, Math.floor(warmup * total) - 1);
  while (step / total < warmup) step++;
  return step;
}
