/**
 * What optimisers have in common.
 *
 * @module
 */
import type { Device } from "../gpu/device.ts";
import type { Input } from "../ops/define.ts";
import { outsideScopes } from "../tensor/scope.ts";
import { type Tensor, zeros } from "../tensor/tensor.ts";
import type { ParameterRule } from "./groups.ts";

/** A parameter that learns. */
export interface Trainable {
  /** How it is updated. */
  readonly rule: ParameterRule;
  /** Its values, which each step changes in place. */
  readonly tensor: Tensor;
}

/** Updates taken so far: of all parameters together, or of each by its name. */
export type UpdateCounts = number | { readonly [name: string]: number };

/** Updates parameters from their gradients, on the GPU. */
export interface Optimizer extends Disposable {
  /** The parameters, in the order of their groups and of gradients. */
  readonly parameters: readonly Trainable[];
  /** The running means that it keeps of each parameter. */
  readonly moments: Moments;
  /**
   * Updates the parameters in place. A step whose gradient norm is not finite changes nothing; that is
   * decided on the GPU.
   *
   * @param gradients One for each parameter, in order; a parameter without one stays as it is.
   * @param rate Learning rate before the parameters' factors (and before an own schedule's).
   * @param scale Factor that the gradients carry, see {@link LossScale}: it is taken out before they are
   *   clipped. Default: none.
   * @returns What `globalNorm` returns: `[norm, coefficient, finite, 0]`.
   * @throws {RangeError} if there is no gradient at all.
   */
  step(gradients: readonly Input[], rate: number, scale?: Tensor<"f32">): Tensor<"f32">;
  /** The learning rate that the original logs after a step. */
  loggedRate(): Promise<number>;
  /** The updates taken, for a checkpoint. */
  updates(): Promise<UpdateCounts>;
  /**
   * Continues after the updates that a checkpoint tells of; the moments are put back by whoever reads
   * it.
   *
   * @throws {UserError} if another optimiser counted them.
   */
  resume(updates: unknown): void;
}

/** Running means of gradients and of their squares, by parameter: zero at first. */
export class Moments implements Disposable {
  /** Running means of the gradients, by parameter. */
  readonly averages = new Map<string, Tensor>();
  /** Running means of their squares. */
  readonly squares = new Map<string, Tensor>();

  /** Makes the moments of parameters. */
  constructor(device: Device, parameters: readonly Trainable[]) {
    for (const { rule: { name }, tensor: { shape } } of parameters) {
      outsideScopes(device, () => {
        this.averages.set(name, zeros(device, "f32", shape));
        this.squares.set(name, zeros(device, "f32", shape));
      });
    }
  }

  /** The two moments of a parameter. */
  of(name: string): { m: Tensor; v: Tensor } {
    return { m: this.averages.get(name)!, v: this.squares.get(name)! };
  }

  /** Gives them back. */
  [Symbol.dispose](): void {
    for (const moments of [this.averages, this.squares]) {
      for (const tensor of moments.values()) tensor.dispose();
    }
  }
}
