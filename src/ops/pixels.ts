/**
 * What pixels mean to CLIP: normalisation and centre crop, the same on the CPU and on the GPU.
 *
 * @module
 */

/** CLIP's per-channel mean of RGB in [0, 1] (Radford et al., ICML '21). */
export const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073] as const;
/** CLIP's per-channel standard deviation of RGB in [0, 1]. */
export const CLIP_STD = [0.26862954, 0.26130258, 0.27577711] as const;

/** Rounds halves to the even neighbour, as IEEE 754 and Python's `round` do. */
function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  return x - low === 0.5 ? low + (low & 1) : Math.round(x);
}

/**
 * Where a centre crop of `size` starts along an axis of `extent` pixels. Negative where the axis is
 * shorter: so many zeros come first (torchvision's `CenterCrop`).
 *
 * @example
 * ```ts
 * import { cropOffset } from "./pixels.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual([225, 227, 224, 221].map((n) => cropOffset(n, 224)), [0, 2, 0, -1]);
 * ```
 */
export function cropOffset(extent: number, size: number): number {
  const spare = extent - size;
  return spare >= 0 ? roundHalfEven(spare / 2) : 0 - Math.floor(-spare / 2);
}
