/**
 * The dynamic loss scale of mixed precision, wholly on the GPU.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import { advanceLossScale, LEAST, MOST } from "../ops/loss_scale.ts";
import { outsideScopes } from "../tensor/scope.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";

/** Options of {@link LossScale}; the defaults are those of `torch.amp.GradScaler`. */
export interface LossScaleOptions {
  /** The first scale. Default 65536. */
  readonly initial?: number;
  /** Steps with finite gradients in a row after which the scale doubles. Default 2000. */
  readonly interval?: number;
}

/** A loss scale's state, as a checkpoint keeps it. */
export interface LossScaleState {
  /** The scale of the step to come. */
  readonly scale: number;
  /** Steps with finite gradients since it last changed. */
  readonly good: number;
}

/**
 * A factor of the loss that keeps gradients within f16, whose smallest number is 6e-8 and whose largest is
 * 65,504: the backward pass starts from it, and the optimiser divides it out again. It halves after a step
 * whose gradients were not finite (which the optimiser leaves out), and doubles after 2000 good steps in a
 * row. It is read only to be logged or saved.
 *
 * The scale stays within 2^-24 and 2^64; `GradScaler` stops only short of infinity. Gradients that are not
 * finite down there are so at any scale; and gradients that never overflow, since they are all zero, would
 * drive it to where its reciprocal is no f32.
 *
 * Source: Micikevicius et al., "Mixed precision training" (ICLR '18), section 3.2; PyTorch's
 * `torch.amp.GradScaler`.
 *
 * @example
 * ```ts ignore
 * using lossScale = new LossScale(device);
 * const gradients = tape.backward(loss, targets, lossScale.scale);
 * const clip = optimizer.step(gradients, rate, lossScale.scale); // clips what is left without the scale
 * lossScale.update(clip);
 * ```
 */
export class LossScale implements Disposable {
  /** f32 []: the scale of the step to come, a gradient for a scalar loss. It changes in place. */
  readonly scale: Tensor<"f32">;
  /** u32 []: steps with finite gradients since it last changed. */
  readonly good: Tensor<"u32">;
  readonly #interval: number;

  /** Starts at the first scale. */
  constructor(device: Device, { initial = 2 ** 16, interval = 2000 }: LossScaleOptions = {}) {
    this.#interval = interval;
    [this.scale, this.good] = outsideScopes(device, () => [
      tensor(device, Float32Array.of(initial), []),
      tensor(device, Uint32Array.of(0), []),
    ]);
  }

  /** Goes on to the next step's scale, by what `globalNorm` found of this one's gradients. */
  update(clip: Tensor<"f32">): void {
    advanceLossScale(this, clip, this.#interval);
  }

  /** The state, for a checkpoint. */
  async state(): Promise<LossScaleState> {
    const [[scale], [good]] = await Promise.all([this.scale.data(), this.good.data()]);
    return { scale, good };
  }

  /**
   * Continues from a state that a checkpoint tells of.
   *
   * @throws {UserError} if it is none.
   */
  resume(state: unknown): void {
    const { scale, good } = Object(state) as LossScaleState;
    const inside = scale >= LEAST && scale <= MOST;
    if (!(inside && Number.isInteger(good) && good >= 0)) {
      throw new UserError("the checkpoint's loss scale is damaged; use another checkpoint");
    }
    const { device } = this.scale;
    using scales = tensor(device, Float32Array.of(scale));
    using counts = tensor(device, Uint32Array.of(good));
    device.copy(scales, 0, this.scale, 0, 4);
    device.copy(counts, 0, this.good, 0, 4);
  }

  /** Gives both back. */
  [Symbol.dispose](): void {
    this.scale.dispose();
    this.good.dispose();
  }
}
