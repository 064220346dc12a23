/**
 * AdamW over the parameters of a model, with gradient clipping by the global norm, wholly on the GPU.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import { adamw, beginStep } from "../ops/adamw.ts";
import type { Device } from "../gpu/device.ts";
import type { Input } from "../ops/define.ts";
import { globalNorm } from "../ops/global_norm.ts";
import { outsideScopes, tidy } from "../tensor/scope.ts";
import { type Tensor, tensor, zeros } from "../tensor/tensor.ts";
import { Moments, type Optimizer, type Trainable, type UpdateCounts } from "./optimizer.ts";

/** Options of {@link AdamW}. */
export interface AdamWOptions {
  /** Decay rate of the running mean of the gradients. */
  readonly beta1: number;
  /** Decay rate of the running mean of their squares. */
  readonly beta2: number;
  /** Added to the root of the squares' mean. */
  readonly eps: number;
  /** Largest norm of all gradients together; larger ones are scaled down to it. */
  readonly maxNorm: number;
}

/**
 * AdamW with decoupled weight decay and bias correction (Loshchilov and Hutter, 2019; as
 * `torch.optim.AdamW`).
 *
 * @example
 * ```ts ignore
 * using optimizer = new AdamW(device, parameters, {
 *   beta1: 0.9,
 *   beta2: 0.98,
 *   eps: 1e-6,
 *   maxNorm: 1,
 * });
 * using clip = optimizer.step(gradients, learningRate(step, { base: 1e-4, total: 1000 }));
 * ```
 */
export class AdamW implements Optimizer {
  /** Running means, by parameter. */
  readonly moments: Moments;
  /** Steps taken, for the bias correction: only the GPU knows which of them counted. */
  readonly count: Tensor<"u32">;
  #rate = 0;

  /** Starts with moments of zero. */
  constructor(
    device: Device,
    readonly parameters: readonly Trainable[],
    private readonly options: AdamWOptions,
  ) {
    this.count = outsideScopes(device, () => zeros(device, "u32", [1]));
    this.moments = new Moments(device, parameters);
  }

  /** As {@link Optimizer.step}. */
  step(gradients: readonly Input[], rate: number, scale?: Tensor<"f32">): Tensor<"f32"> {
    const { maxNorm, beta1, beta2, eps } = this.options;
    const present = gradients.filter((g) => g !== undefined);
    this.#rate = rate;
    return tidy(this.count.device, () => {
      const clip = globalNorm(present, { maxNorm, scale });
      const step = beginStep(this.count, clip, [beta1, beta2]);
      this.parameters.forEach(({ rule, tensor }, i) => {
        const gradient = gradients[i];
        if (!gradient) return;
        adamw({ param: tensor, grad: gradient, ...this.moments.of(rule.name) }, step, {
          lr: rate * rule.rateFactor,
          weightDecay: rule.weightDecay,
          eps,
        });
      });
      return clip;
    });
  }

  /** The rate of the last step, of the first parameter. */
  loggedRate(): Promise<number> {
    return Promise.resolve(this.#rate * this.parameters[0].rule.rateFactor);
  }

  /** The updates that changed something. */
  async updates(): Promise<UpdateCounts> {
    return (await this.count.data())[0];
  }

  /** As {@link Optimizer.resume}. */
  resume(updates: unknown): void {
    if (!Number.isInteger(updates) || Number(updates) < 0) {
      throw new UserError("the checkpoint was not made with --optim AdamW");
    }
    const { device } = this.count;
    using count = tensor(device, Uint32Array.of(Number(updates)));
    device.copy(count, 0, this.count, 0, 4);
  }

  /** Gives back the moments and the count. */
  [Symbol.dispose](): void {
    this.moments[Symbol.dispose]();
    this.count.dispose();
  }
}
