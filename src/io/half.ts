/**
 * The two 16-bit float formats, as raw bits, to and from f32. Widening is exact; narrowing rounds to
 * the nearest value, ties to even (IEEE 754), overflows to infinity and keeps NaN a NaN.
 *
 * @module
 */

/** Raw bits of a 16-bit float, one element each. */
export type HalfBits = Uint16Array<ArrayBuffer>;

/**
 * Widens IEEE binary16 bits; every value is exact.
 *
 * @example
 * ```ts
 * import { f16ToF32 } from "./half.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(f16ToF32(Uint16Array.of(0x3c00, 0x0001)), Float32Array.of(1, 2 ** -24));
 * ```
 */
export function f16ToF32(bits: HalfBits): Float32Array<ArrayBuffer> {
  return new Float32Array(new Float16Array(bits.buffer, bits.byteOffset, bits.length));
}

/**
 * Narrows to IEEE binary16 bits; magnitudes from 65520 up become infinity.
 *
 * @example
 * ```ts
 * import { f32ToF16 } from "./half.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(f32ToF16(Float32Array.of(1, 65519, 65520)), Uint16Array.of(0x3c00, 0x7bff, 0x7c00));
 * ```
 */
export function f32ToF16(values: Float32Array): HalfBits {
  return new Uint16Array(new Float16Array(values).buffer);
}

/**
 * Widens bfloat16 bits, which are the upper half of an f32; every value is exact.
 *
 * @example
 * ```ts
 * import { bf16ToF32 } from "./half.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(bf16ToF32(Uint16Array.of(0x3f80, 0xc000)), Float32Array.of(1, -2));
 * ```
 */
export function bf16ToF32(bits: HalfBits): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
  return new Float32Array(words.buffer);
}

/**
 * Narrows to bfloat16 bits.
 *
 * @example
 * ```ts
 * import { f32ToBf16 } from "./half.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(f32ToBf16(Float32Array.of(1, 1 + 2 ** -8)), Uint16Array.of(0x3f80, 0x3f80));
 * ```
 */
export function f32ToBf16(values: Float32Array): HalfBits {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    const isNaN = (word & 0x7fffffff) > 0x7f800000;
    // Adding just under half of the last kept bit, plus that bit itself, carries exactly when the
    // dropped half lies above the middle, or on it with an odd kept bit. A NaN could carry into
    // infinity, so it is cut off and its quiet bit set instead.
    bits[i] = isNaN ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return bits;
}
