/**
 * Tensors of golden files as the type that a comparison needs.
 *
 * @module
 */
import { type Device, type Tensor, tensor, type Uploaded } from "../../mod.ts";
import type { GoldenTensor } from "./golden_file.ts";

/** A golden tensor of floating-point numbers. */
export interface Floats extends GoldenTensor {
  readonly data: Float32Array<ArrayBuffer>;
}

/** A golden tensor of integers. */
export interface Integers extends GoldenTensor {
  readonly data: Int32Array<ArrayBuffer>;
}

/** The tensor as floating-point numbers; integers are converted. */
export async function floats(tensor: Promise<GoldenTensor>): Promise<Floats> {
  const { shape, data } = await tensor;
  return { shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

/** The tensor as integers, which it must hold. */
export async function integers(tensor: Promise<GoldenTensor>): Promise<Integers> {
  const { shape, data } = await tensor;
  if (data instanceof Float32Array) throw new Error("a tensor holds no integers");
  return { shape, data };
}

/** The tensor as bytes; it must hold integers. */
export async function bytes(
  tensor: Promise<GoldenTensor>,
): Promise<{ shape: readonly number[]; data: Uint8Array<ArrayBuffer> }> {
  const { shape, data } = await integers(tensor);
  return { shape, data: Uint8Array.from(data) };
}

/** The tensor on a device. */
export function upload<T extends GoldenTensor>(
  device: Device,
  { data, shape }: T,
): Tensor<Uploaded<T["data"]>> {
  return tensor(device, data as T["data"], shape);
}

/** Swaps the first two of three axes. */
export function swapAxes(
  values: Float32Array,
  [a, b, width]: readonly number[],
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let row = 0; row < a * b; row++) {
    const to = (row % b) * a + Math.floor(row / b);
    result.set(values.subarray(row * width, (row + 1) * width), to * width);
  }
  return result;
}
