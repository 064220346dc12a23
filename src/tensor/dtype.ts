/**
 * Element types of tensors and of the files that hold them.
 *
 * @module
 */

/** Element types that a {@link Tensor} may have on the GPU. */
export type DType = "f32" | "f16" | "i32" | "u32" | "u8";

/** The element types that hold fractions. */
export type FloatType = "f32" | "f16";

/** Typed arrays that hold the elements of a {@link DType} on the host; f16 travels as raw bits. */
export interface HostArrays {
  /** 32-bit floating point. */
  f32: Float32Array<ArrayBuffer>;
  /** The bits of 16-bit floating point. */
  f16: Uint16Array<ArrayBuffer>;
  /** 32-bit signed integers. */
  i32: Int32Array<ArrayBuffer>;
  /** 32-bit unsigned integers. */
  u32: Uint32Array<ArrayBuffer>;
  /** Bytes. */
  u8: Uint8Array<ArrayBuffer>;
}

/** Bytes of one element. */
export const BYTES: Readonly<Record<DType, number>> = { f32: 4, f16: 2, i32: 4, u32: 4, u8: 1 };

/** Views `buffer` as the host array of `dtype`. */
export function hostArray<D extends DType>(dtype: D, buffer: ArrayBuffer): HostArrays[D] {
  const make: { [K in DType]: (b: ArrayBuffer) => HostArrays[K] } = {
    f32: (b) => new Float32Array(b),
    f16: (b) => new Uint16Array(b),
    i32: (b) => new Int32Array(b),
    u32: (b) => new Uint32Array(b),
    u8: (b) => new Uint8Array(b),
  };
  return make[dtype](buffer);
}
