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
import { globalNorm } from "../ops/global_norm.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Moments, type Optimizer, type Trainable, type UpdateCounts } from "./optimizer.ts";
import { bertAdamMultiplier, type BertAdamSchedule } from "./schedule.ts";

/** Options of {@link BertAdam}. */
export interface BertAdamOptions {
  /** Updates of a whole run, which may be fractional; -1: the rate stays as it is. */
  readonly total: number;
  /** Fraction of them in which the rate rises. */
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
 * Steps that the GPU leaves out because their gradients are not finite count in the schedule.
 */
export class BertAdam implements Optimizer {
  /** Running means, by parameter. */
  readonly moments: Moments;
  #updates = new Map<string, number>();

  /** Starts with moments of zero. */
  constructor(
    device: Device,
    readonly parameters: readonly Trainable[],
    private readonly options: BertAdamOptions,
  ) {
    this.moments = new Moments(device, parameters);
  }

  /** The factor on a parameter's rate in its next update. */
  multiplier(name: string): number {
    const { total, warmup, schedule = "warmup_cosine" } = this.options;
    if (total === -1) return 1;
    return bertAdamMultiplier(schedule, (this.#updates.get(name) ?? 0) / total, warmup);
  }

  /** As {@link Optimizer.step}. */
  step(gradients: readonly Input[], rate: number): Tensor<"f32"> {
    const { betas = [0.9, 0.98], eps = 1e-6, maxNorm, ownMaxNorm = 1 } = this.options;
    const clip = globalNorm(gradients.filter((g) => g !== undefined), { maxNorm });
    this.parameters.forEach(({ rule: { name, rateFactor, weightDecay }, tensor }, i) => {
      const gradient = gradients[i];
      if (!gradient) return;
      bertAdam({ param: tensor, grad: gradient, ...this.moments.of(name) }, clip, {
        lr: rate * rateFactor * this.multiplier(name),
        weightDecay,
        betas,
        eps,
        maxNorm: ownMaxNorm,
      });
      this.#updates.set(name, (this.#updates.get(name) ?? 0) + 1);
    });
    return clip;
  }

  /** The updates that each parameter has had. */
  updates(): Promise<UpdateCounts> {
    return Promise.resolve(Object.fromEntries(this.#updates));
  }

  /** As {@link Optimizer.resume}. */
  resume(updates: unknown): void {
    const entries = typeof updates === "object" && updates ? Object.entries(updates) : undefined;
    if (!entries?.every(([, count]) => Number.isInteger(count) && count >= 0)) {
      throw new UserError("the checkpoint was not made with --optim BertAdam");
    }
    this.#updates = new Map(entries);
  }

  /** Gives back the moments. */
  [Symbol.dispose](): void {
    this.moments[Symbol.dispose]();
  }
}
