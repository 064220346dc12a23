/**
 * Tensor bytes of a file as numbers.
 *
 * @module
 */

import { bf16ToF32, f16ToF32 } from "./half.ts";
import type { SafetensorsDType } from "./safetensors_header.ts";

/**
 * The elements as f32. F16, BF16 and integers up to 2^24 are exact; other values round to the
 * nearest f32 (I64 by way of f64). BOOL gives 0 and 1.
 *
 * @param bytes little-endian elements; where they fill their buffer, the result may share it.
 *
 * @example
 * ```ts
 * import { toF32 } from "./safetensors_values.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(toF32("BF16", Uint8Array.of(0x80, 0x3f)), Float32Array.of(1));
 * ```
 */
export function toF32(dtype: SafetensorsDType, bytes: Uint8Array<ArrayBuffer>) {
  const buffer = ownBuffer(bytes);
  switch (dtype) {
    case "F64":
      return new Float32Array(new Float64Array(buffer));
    case "F32":
      return new Float32Array(buffer);
    case "F16":
      return f16ToF32(new Uint16Array(buffer));
    case "BF16":
      return bf16ToF32(new Uint16Array(buffer));
    case "BOOL":
      return Float32Array.from(bytes, (byte) => Number(byte !== 0));
    case "I64":
      return Float32Array.from(new BigInt64Array(buffer), Number);
    case "I32":
      return new Float32Array(new Int32Array(buffer));
    case "I16":
      return new Float32Array(new Int16Array(buffer));
    case "I8":
      return new Float32Array(new Int8Array(buffer));
    case "U32":
      return new Float32Array(new Uint32Array(buffer));
    case "U8":
      return new Float32Array(bytes);
  }
}

/**
 * Widens 16-bit floats, which fill the second half of `target`'s bytes, to all of it: every element is
 * written where one was read before.
 *
 * @example
 * ```ts
 * import { widenInPlace } from "./safetensors_values.ts";
 * import assert from "node:assert/strict";
 *
 * const target = new Float32Array(2);
 * new Uint16Array(target.buffer).set([0xbf80, 0x4000], 2);
 * widenInPlace("BF16", target);
 * assert.deepEqual(target, Float32Array.of(-1, 2));
 * ```
 */
export function widenInPlace(dtype: "F16" | "BF16", target: Float32Array<ArrayBuffer>): void {
  const { buffer, byteOffset, length } = target, middle = byteOffset + 2 * length;
  if (dtype === "F16") {
    const half = new Float16Array(buffer, middle, length);
    for (let i = 0; i < length; i++) target[i] = half[i];
  } else {
    const half = new Uint16Array(buffer, middle, length);
    const words = new Uint32Array(buffer, byteOffset, length);
    for (let i = 0; i < length; i++) words[i] = half[i] << 16;
  }
}

/**
 * The elements as i32, exactly; undefined where the dtype is a float or a value does not fit. BOOL
 * gives 0 and 1.
 *
 * @param bytes little-endian elements; where they fill their buffer, the result may share it.
 *
 * @example
 * ```ts
 * import { toI32 } from "./safetensors_values.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(toI32("I16", Uint8Array.of(0xff, 0xff)), Int32Array.of(-1));
 * assert.equal(toI32("U32", Uint8Array.of(0, 0, 0, 0x80)), undefined);
 * ```
 */
export function toI32(
  dtype: SafetensorsDType,
  bytes: Uint8Array<ArrayBuffer>,
): Int32Array<ArrayBuffer> | undefined {
  const buffer = ownBuffer(bytes);
  switch (dtype) {
    case "I64": {
      const wide = new BigInt64Array(buffer);
      const fits = wide.every((value) => value === BigInt.asIntN(32, value));
      return fits ? Int32Array.from(wide, Number) : undefined;
    }
    case "I32":
      return new Int32Array(buffer);
    case "I16":
      return new Int32Array(new Int16Array(buffer));
    case "I8":
      return new Int32Array(new Int8Array(buffer));
    case "U32": {
      const wide = new Uint32Array(buffer);
      return wide.every((value) => value < 2 ** 31) ? new Int32Array(buffer) : undefined;
    }
    case "U8":
      return new Int32Array(bytes);
    case "BOOL":
      return Int32Array.from(bytes, (byte) => Number(byte !== 0));
    default:
      return undefined;
  }
}

/** A buffer that holds `bytes` and nothing else: a tensor's range need not be aligned for its dtype. */
function ownBuffer(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}
