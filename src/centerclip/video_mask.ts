/**
 * Which segments of a video count after its frames were clustered.
 *
 * @module
 */

/**
 * Reduces a mask over frames to one over segments. A segment counts when any of its frames is valid;
 * with `compat: "reference"` when its last frame is, so that a video shorter than one segment counts
 * nowhere (and its similarity is NaN, as in the original: SPEC 4.5).
 *
 * @param mask 1 for a valid frame, else 0: row-major [videos, frames].
 * @returns [videos, segments].
 *
 * @example
 * ```ts
 * import { segmentMask } from "./video_mask.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * const mask = new Float32Array([1, 1, 1, 0, 0, 0]);
 * deepStrictEqual([...segmentMask(mask, 6, 3)], [1, 1, 0]);
 * deepStrictEqual([...segmentMask(mask, 6, 3, { compat: "reference" })], [1, 0, 0]);
 * ```
 */
export function segmentMask(
  mask: Float32Array,
  frames: number,
  segments: number,
  { compat }: { compat?: "reference" } = {},
): Float32Array<ArrayBuffer> {
  const duration = Math.floor(frames / segments);
  const videos = mask.length / frames;
  return Float32Array.from({ length: videos * segments }, (_, i) => {
    const first = Math.floor(i / segments) * frames + (i % segments) * duration;
    if (compat === "reference") return mask[first + duration - 1];
    return mask.subarray(first, first + duration).includes(1) ? 1 : 0;
  });
}
