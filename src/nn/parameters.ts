/**
 * The parameters of a model: tensors under dotted names.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * Named tensors, or the part of them under a prefix. Names are those of the checkpoint, so that what a
 * file holds and what a model reads are the same list: with the parameters also the buffers of batch norms,
 * which training moves, and no optimiser (`isTrainable()` tells).
 *
 * @example
 * ```ts ignore
 * const block = parameters.at("visual.transformer.resblocks.0");
 * const weight = block.get("mlp.c_fc.weight");
 * ```
 */
export class Parameters {
  /** Wraps tensors by their whole names; those that begin with `prefix` are the parameters. */
  constructor(
    readonly device: Device,
    private readonly tensors: ReadonlyMap<string, Tensor>,
    readonly prefix = "",
  ) {}

  /** The parameters under `name`, read by the rest of their names. */
  at(name: string): Parameters {
    return new Parameters(this.device, this.tensors, `${this.prefix}${name}.`);
  }

  /** Whether there is a parameter of this name. */
  has(name: string): boolean {
    return this.tensors.has(this.prefix + name);
  }

  /**
   * The parameter of this name.
   *
   * @throws {UserError} if there is none.
   */
  get(name: string): Tensor {
    const found = this.tensors.get(this.prefix + name);
    if (!found) throw new UserError(`the weights hold no tensor "${this.prefix}${name}"`);
    return found;
  }

  /** Every parameter under the prefix, with its whole name, in the order of the checkpoint. */
  entries(): [string, Tensor][] {
    return [...this.tensors].filter(([name]) => name.startsWith(this.prefix));
  }

  /** Gives back every parameter. */
  [Symbol.dispose](): void {
    for (const tensor of this.tensors.values()) tensor.dispose();
  }
}
