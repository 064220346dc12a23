/**
 * Antialiased bicubic resize of 8-bit images, bit for bit as Pillow computes it (the resize of CLIP's
 * preprocessing): the cubic kernel with a = -1/2, stretched by the scale when shrinking, weights in
 * fixed point with 22 fractional bits, first along x, then along y, each pass rounded to 8 bits.
 *
 * @module
 */

/** Frames and their size. */
export interface Frames {
  /** `[n, height, width, 3]`, RGB. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Pixels from top to bottom. */
  readonly height: number;
  /** Pixels from left to right. */
  readonly width: number;
}

const PRECISION = 22, HALF = 1 << (PRECISION - 1);
/** Half of the kernel's width at scale 1. */
const SUPPORT = 2;

/** Keys' cubic convolution kernel with a = -1/2. */
function cubic(x: number): number {
  const a = -0.5;
  x = Math.abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/** For every output pixel of one axis: the first input pixel and the fixed-point weights from there. */
function axisWeights(from: number, to: number): { first: number; weights: Int32Array }[] {
  const scale = from / to, stretch = Math.max(1, scale), reach = SUPPORT * stretch;
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach + 0.5));
    const last = Math.min(from, Math.trunc(center + reach + 0.5));
    const exact = Array.from(
      { length: last - first },
      (_, j) => cubic((first + j - center + 0.5) * (1 / stretch)),
    );
    const total = exact.reduce((sum, w) => sum + w, 0);
    const weights = Int32Array.from(exact, (w) => {
      const fixed = w / total * (1 << PRECISION);
      return Math.trunc(fixed < 0 ? fixed - 0.5 : fixed + 0.5);
    });
    return { first, weights };
  });
}

/**
 * Resizes along one axis of `[outer, from, inner]` bytes to `[outer, to, inner]`: rows are resized with
 * `inner` 3, columns with `inner` 3 times the width.
 */
function resizeAxis(
  data: Uint8Array<ArrayBuffer>,
  from: number,
  to: number,
  inner: number,
): Uint8Array<ArrayBuffer> {
  if (from === to) return data;
  const outer = data.length / (from * inner), axis = axisWeights(from, to);
  // A clamped array clips to [0, 255]; what is stored is an integer already.
  const out = new Uint8ClampedArray(outer * to * inner);
  const resize = inner === 3 ? resizePixel : resizeRun;
  const sums = new Int32Array(inner);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < to; i++) {
      const { first, weights } = axis[i];
      resize(data, (o * from + first) * inner, weights, out, (o * to + i) * inner, sums);
    }
  }
  return new Uint8Array(out.buffer);
}

/** Weighs a run of pixels into one. */
function resizePixel(
  data: Uint8Array,
  p: number,
  weights: Int32Array,
  out: Uint8ClampedArray,
  target: number,
): void {
  let red = HALF, green = HALF, blue = HALF;
  for (let k = 0; k < weights.length; k++, p += 3) {
    const weight = weights[k];
    red = red + Math.imul(data[p], weight) | 0;
    green = green + Math.imul(data[p + 1], weight) | 0;
    blue = blue + Math.imul(data[p + 2], weight) | 0;
  }
  out[target] = red >> PRECISION;
  out[target + 1] = green >> PRECISION;
  out[target + 2] = blue >> PRECISION;
}

/** Weighs rows, one as long as `sums`, into one. */
function resizeRun(
  data: Uint8Array,
  p: number,
  weights: Int32Array,
  out: Uint8ClampedArray,
  target: number,
  sums: Int32Array,
): void {
  const { length } = sums;
  sums.fill(HALF);
  for (let k = 0; k < weights.length; k++, p += length) {
    const weight = weights[k];
    for (let c = 0; c < length; c++) sums[c] += Math.imul(data[p + c], weight);
  }
  for (let c = 0; c < length; c++) out[target + c] = sums[c] >> PRECISION;
}

/**
 * Resizes every frame to `height` x `width`.
 *
 * @returns `[n, height, width, 3]` bytes.
 *
 * @example
 * ```ts
 * import { resizeBicubic } from "./resize.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * const edge = { data: Uint8Array.of(0, 0, 0, 255, 255, 255), height: 1, width: 2 };
 * const red = resizeBicubic(edge, 1, 4).filter((_, i) => i % 3 === 0);
 * deepStrictEqual([...red], [0, 53, 202, 255]);
 * ```
 */
export function resizeBicubic(
  frames: Frames,
  height: number,
  width: number,
): Uint8Array<ArrayBuffer> {
  const rows = resizeAxis(frames.data, frames.width, width, 3);
  return resizeAxis(rows, frames.height, height, width * 3);
}
