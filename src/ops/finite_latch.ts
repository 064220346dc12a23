/**
 * Watches for NaN and Inf without a readback.
 *
 * @module
 */
import source from "../../kernels/optim/finite_latch.wgsl" with { type: "text" };
import type { Device } from "../gpu/device.ts";
import { outsideScopes } from "../tensor/scope.ts";
import { type Tensor, zeros } from "../tensor/tensor.ts";
import { pointwiseGroups } from "./grid.ts";

const kernel = { name: "finite_latch", source };

/**
 * Remembers on the GPU the first tensor that was found to hold a NaN or an Inf. It belongs to its maker,
 * not to a scope.
 *
 * @example
 * ```ts ignore
 * using latch = new FiniteLatch(device);
 * parameters.forEach(({ value }, i) => latch.test(value, i));
 * const bad = await latch.read(); // at a log step
 * if (bad !== undefined) throw new UserError(`${parameters[bad].name} is not finite`);
 * ```
 */
export class FiniteLatch {
  /** Number of the tensor plus one; 0 while all were finite. */
  readonly #latch: Tensor<"u32">;

  constructor(device: Device) {
    this.#latch = outsideScopes(device, () => zeros(device, "u32", [1]));
  }

  /** Tests a tensor of f32; `index` is its number, below 2^32 - 1. */
  test(x: Tensor, index: number): void {
    x.device.launch({
      kernel,
      entry: "forward",
      bind: { x, latch: this.#latch },
      params: { n: x.size, index },
      groups: pointwiseGroups(x.device, Math.ceil(x.size / 4)),
    });
  }

  /** The number of the first tensor that was not finite since the latch was reset, if there was one. */
  async read(): Promise<number | undefined> {
    const [latched] = await this.#latch.data();
    return latched === 0 ? undefined : latched - 1;
  }

  /** Forgets what was found. */
  reset(): void {
    this.#latch.device.clear(this.#latch);
  }

  /** Gives the latch's memory back. */
  [Symbol.dispose](): void {
    this.#latch.dispose();
  }
}
