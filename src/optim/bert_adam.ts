/**
 * BERT's Adam over the parameters of a model, wholly on the GPU.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import type { Betas } from "../ops/adamw.ts";
import { bertAdam } from "../ops/bert_adam.ts";
import type { Input } from "../ops/define.ts";
import { normOf, sumSquares } from "../ops/global_norm.ts";
import { outsideScopes, tidy } from "../tensor/scope.ts";
import { empty, type Tensor, tensor, zeros } from "../tensor/tensor.ts";
import { Moments, type Optimizer, type Trainable, type UpdateCounts } from "./optimizer.ts";
import { bertAdamMultiplier, type BertAdamSchedule } from "./schedule.ts";

/** Options of {@link BertAdam}. */
export interface BertAdamOptions {
  /** Updates of a whole run, which may be fractional; -1: the rate stays as it is, from the start. */
  readonly total: number;
  /** Fraction of them in which the rate rises; negative for none. */
  readonly warmup: number;
  /** How the rate goes then. Default `warmup_cosine`. */
  readonly schedule?: BertAdamSchedule;
  /** Decay rates of the moments. Default 0.9 and 0.98, which the original writes into its code. */
  readonly betas?: Betas;
  /** Added to the root of the squares' mean. Default 1e-6. */
  readonly eps?: number;
  /** Largest norm of all gradients together. */
  readonly maxNorm: number;
  /** Largest norm of each gradient by itself, after that. Default 1. */
  readonly ownMaxNorm?: number;
}

/**
 * Adam as BERT was trained with it: no bias correction, each gradient clipped by its own norm as well,
 * weight decay beside the moments, and a schedule that goes by the updates which *each* parameter has
 * had (the reference's `BertAdam`; SPEC 9). The first update of all has the rate 0 where the rate rises.
 *
 * Updates are counted on the GPU: a step whose gradients are not finite is none.
 *
 * @example
 * ```ts ignore
 * using optimizer = new BertAdam(device, parameters, { total: 1000, warmup: 0.1, maxNorm: 1 });
 * using clip = optimizer.step(gradients, 1e-4);
 * ```
 */
export class BertAdam implements Optimizer {
  /** Running means, by parameter. */
  readonly moments: Moments;
  /** Updates of each parameter. */
  readonly count: Tensor<"u32">;
  readonly #options: Required<BertAdamOptions>;
  #rate = 0;
  /** Places of the parameters that had a gradient in the last step. */
  #present: readonly number[] = [];

  /**
   * Starts with moments of zero.
   *
   * @throws {RangeError} if the run has no updates.
   */
  constructor(
    device: Device,
    readonly parameters: readonly Trainable[],
    options: BertAdamOptions,
  ) {
    const { total, warmup, schedule = "warmup_cosine", betas = [0.9, 0.98], eps = 1e-6 } = options;
    const { maxNorm, ownMaxNorm = 1 } = options;
    if (!(total > 0 || total === -1)) throw new RangeError(`BertAdam: ${total} updates in all`);
    const rate = total === -1
      ? { total: 1, warmup: -1, schedule: "warmup_constant" } as const
      : { total, warmup, schedule };
    this.#options = { ...rate, betas, eps, maxNorm, ownMaxNorm };
    this.count = outsideScopes(device, () => zeros(device, "u32", [parameters.length]));
    this.moments = new Moments(device, parameters);
  }

  /** As {@link Optimizer.step}. */
  step(gradients: readonly Input[], rate: number, scale?: Tensor<"f32">): Tensor<"f32"> {
    const { count, count: { device } } = this;
    const { maxNorm, ownMaxNorm, betas, eps, ...schedule } = this.#options;
    this.#rate = rate;
    this.#present = [...this.parameters.keys()].filter((index) => gradients[index]);
    return tidy(device, () => {
      const squares = sumSquares(this.#present.map((index) => gradients[index]!));
      const clip = normOf(squares, { maxNorm, scale });
      const factors = empty(device, "f32", [this.parameters.length, 2], "bertAdam");
      this.#present.forEach((index, gradient) => {
        const { rule: { name, rateFactor, weightDecay }, tensor: param } = this.parameters[index];
        const tensors = { param, grad: gradients[index]!, ...this.moments.of(name) };
        bertAdam(tensors, { clip, squares, count, factors }, {
          index,
          gradient,
          rate: { ...schedule, lr: rate * rateFactor },
          betas,
          eps,
          weightDecay,
          maxNorm: ownMaxNorm,
        });
      });
      return clip;
    });
  }

  /**
   * The rate of the update to come, of the first parameter that had a gradient; 0 while one that had a
   * gradient was never updated (SPEC 17.27).
   */
  async loggedRate(): Promise<number> {
    const counts = await this.count.data(), [first] = this.#present;
    if (first === undefined || this.#present.some((index) => counts[index] === 0)) return 0;
    const { total, warmup, schedule } = this.#options;
    const { rateFactor } = this.parameters[first].rule;
    return this.#rate * rateFactor * bertAdamMultiplier(schedule, counts[first] / total, warmup);
  }

  /** The updates that each parameter has had. */
  async updates(): Promise<UpdateCounts> {
    const counts = await this.count.data();
    return Object.fromEntries(this.parameters.map(({ rule }, i) => [rule.name, counts[i]]));
  }

  /** As {@link Optimizer.resume}. */
  resume(updates: unknown): void {
    const counts = this.parameters.map(({ rule }) => Object(updates)[rule.name] as unknown);
    if (!counts.every((count) => Number.isInteger(count) && Number(count) >= 0)) {
      throw new UserError("the checkpoint was not made with --optim BertAdam");
    }
    const { device } = this.count;
    using saved = tensor(device, Uint32Array.from(counts, Number));
    device.copy(saved, 0, this.count, 0, 4 * counts.length);
  }

  /** Gives back the moments and the counts. */
  [Symbol.dispose](): void {
    this.moments[Symbol.dispose]();
    this.count.dispose();
  }
}
