/**
 * Tensors whose padding is poisoned: a kernel that looks past the last element fails.
 */
import type { Device } from "../src/gpu/device.ts";
import { empty, type Tensor, tensor } from "../src/tensor/tensor.ts";

/** Uploads `data` with NaN between the last element and the next multiple of 16 bytes. */
export function padded(on: Device, data: Float32Array<ArrayBuffer>): Tensor<"f32"> {
  const whole = new Float32Array(Math.ceil(data.length / 4) * 4).fill(NaN);
  whole.set(data);
  using source = tensor(on, whole);
  const made = empty(on, "f32", [data.length]);
  on.copy(source, 0, made, 0, whole.byteLength);
  return made;
}
