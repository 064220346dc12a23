/**
 * AdamW over the parameters of a model, with gradient clipping by the global norm, wholly on the GPU.
 *
 * @module
 */
import { adamw, beginStep } from "../ops/adamw.ts";
import type { Device } from "../gpu/device.ts";
import type { Input } from "../ops/define.ts";
import { globalNorm } from "../ops/global_norm.ts";
import { outsideScopes } from "../tensor/scope.ts";
import { type Tensor, zeros } from "../tensor/tensor.ts";
import type { ParameterRule } from "./groups.ts";

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

/** A parameter that learns. */
export interface Trainable {
  /** How it is updated. */
  readonly rule: ParameterRule;
  /** Its values, which each step changes in place. */
  readonly tensor: Tensor;
}

/**
 * AdamW with decoupled weight decay and bias correction (Loshchilov and Hutter, 2019; as
 * `torch.optim.AdamW`).
 */
export class AdamW implements Disposable {
  /** Running means of the gradients, by parameter. */
  readonly averages = new Map<string, Tensor>();
  /** Running means of their squares. */
  readonly squares = new Map<string, Tensor>();
  /** Steps taken, for the bias correction: only the GPU knows which of them counted. */
  readonly count: Tensor<"u32">;

  /** Starts with moments of zero. */
  constructor(
    device: Device,
    readonly parameters: readonly Trainable[],
    private readonly options: AdamWOptions,
  ) {
    this.count = outsideScopes(device, () => zeros(device, "u32", [1]));
    for (const { rule: { name }, tensor: { shape } } of parameters) {
      outsideScopes(device, () => {
        this.averages.set(name, zeros(device, "f32", shape));
        this.squares.set(name, zeros(device, "f32", shape));
      });
    }
  }

  /**
   * Updates the parameters in place. A step whose gradient norm is not finite changes nothing; that is
   * decided on the GPU.
   *
   * @param gradients One for each parameter, in order; a parameter without one stays as it is.
   * @param rate Learning rate before the parameters' factors.
   * @returns What {@link globalNorm} returns: `[norm, coefficient, finite, 0]`.
   * @throws {RangeError} if there is no gradient at all.
   */
  step(gradients: readonly Input[], rate: number): Tensor<"f32"> {
    const { maxNorm, beta1, beta2, eps } = this.options;
    const present = gradients.filter((g) => g !== undefined);
    const clip = globalNorm(present, { maxNorm });
    const step = beginStep(this.count, clip, [beta1, beta2]);
    this.parameters.forEach(({ rule, tensor }, i) => {
      const gradient = gradients[i];
      if (!gradient) return;
      const m = this.averages.get(rule.name)!, v = this.squares.get(rule.name)!;
      const lr = rate * rule.rateFactor;
      adamw({ param: tensor, grad: gradient, m, v }, step, {
        lr,
        weightDecay: rule.weightDecay,
        eps,
      });
    });
    return clip;
  }

  /** Gives back the moments. */
  [Symbol.dispose](): void {
    for (const moments of [this.averages, this.squares]) {
      for (const tensor of moments.values()) tensor.dispose();
    }
    this.count.dispose();
  }
}
