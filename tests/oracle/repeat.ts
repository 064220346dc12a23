/**
 * Runs something twice: same input, same bits, whatever lay in the memory that it was given.
 */
import { deepStrictEqual } from "node:assert/strict";
import { Tape } from "../../src/autograd/tape.ts";
import type { Device } from "../../src/gpu/device.ts";
import type { PooledBuffer } from "../../src/gpu/pool.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { normals } from "./check.ts";

const CHUNK = 1 << 20;

/** While it lasts, every buffer that a kernel is given to fill holds NaN (as f32) or -1 (as i32) first. */
class Poison {
  readonly #ones: GPUBuffer;

  constructor(private readonly device: Device) {
    const { gpu, pool } = device;
    this.#ones = gpu.createBuffer({
      size: CHUNK,
      usage: 0x04, /* COPY_SRC */
      mappedAtCreation: true,
    });
    new Uint8Array(this.#ones.getMappedRange()).fill(0xff);
    this.#ones.unmap();
    const ones = { buffer: { gpu: this.#ones } as PooledBuffer, bytes: CHUNK };
    pool.acquire = (bytes, op, forHost) => {
      const buffer = Object.getPrototypeOf(pool).acquire.call(pool, bytes, op, forHost);
      if (forHost) return buffer;
      for (let at = 0; at < buffer.size; at += CHUNK) {
        device.copy(ones, 0, { buffer, bytes }, at, Math.min(CHUNK, buffer.size - at));
      }
      return buffer;
    };
  }

  [Symbol.dispose](): void {
    Reflect.deleteProperty(this.device.pool, "acquire");
    this.device.submit();
    this.#ones.destroy();
  }
}

/** The output of `run` on standard normal inputs of these shapes, and the gradients of all inputs. */
async function results(device: Device, shapes: readonly Shape[], run: (...x: Tensor[]) => Tensor) {
  using _scope = new Scope(device);
  const inputs = shapes.map((shape, i) => tensor(device, normals(sizeOf(shape), i + 1), shape));
  using tape = new Tape();
  tape.watch(...inputs);
  const output = tape.run(() => run(...inputs));
  const seed = tensor(device, normals(output.size, 99), output.shape);
  const gradients = tape.backward(output, inputs, seed);
  return await Promise.all([output, ...gradients].map((t) => t?.data()));
}

/** Fails unless output and gradients have the same bits in a second run, in poisoned memory. */
export async function repeatsBits(
  device: Device,
  shapes: readonly Shape[],
  run: (...inputs: Tensor[]) => Tensor,
): Promise<void> {
  const first = await results(device, shapes, run);
  using _poison = new Poison(device);
  const second = await results(device, shapes, run);
  deepStrictEqual(second.map(bits), first.map(bits));
}

const bits = (values: ArrayBufferView<ArrayBuffer> | undefined) =>
  values && new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
