/**
 * What happens to a decoded frame before the model sees it: resize, centre crop, normalisation.
 * Frames are `[n, height, width, 3]` bytes, RGB.
 *
 * @module
 */

import { CLIP_MEAN, CLIP_STD, cropOffset } from "../ops/pixels.ts";
import { type Frames, resizeBicubic } from "./resize.ts";

export { CLIP_MEAN, CLIP_STD, cropOffset };
export type { Frames };

/** Cuts `size` x `size` pixels out of the centre of every frame; zeros surround smaller frames. */
export function centerCrop({ data, height, width }: Frames, size: number): Frames {
  if (height === size && width === size) return { data, height, width };
  const n = data.length / (height * width * 3);
  const top = cropOffset(height, size), left = cropOffset(width, size);
  const y0 = Math.max(0, -top), y1 = Math.min(size, height - top);
  const x0 = Math.max(0, -left), x1 = Math.min(size, width - left);
  const out = new Uint8Array(n * size * size * 3);
  for (let i = 0; i < n; i++) {
    for (let y = y0; y < y1; y++) {
      const from = ((i * height + y + top) * width + left) * 3;
      out.set(data.subarray(from + x0 * 3, from + x1 * 3), ((i * size + y) * size + x0) * 3);
    }
  }
  return { data: out, height: size, width: size };
}

/**
 * The size after the shorter side is brought to `size`, the longer one in proportion and rounded down
 * (torchvision's `Resize`).
 *
 * @example
 * ```ts
 * import { shortSideSize } from "./transforms.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual(shortSideSize(240, 320, 224), { height: 224, width: 298 });
 * ```
 */
export function shortSideSize(
  height: number,
  width: number,
  size: number,
): { height: number; width: number } {
  return width <= height
    ? { height: Math.trunc(size * height / width), width: size }
    : { height: size, width: Math.trunc(size * width / height) };
}

/**
 * Frames of any size to `size` x `size`: the shorter side is resized to `size` where it differs, then
 * the centre is cut out. With `resize: false` frames are only cropped, as CenterCLIP does, which
 * expects videos that were resized beforehand.
 *
 * @example
 * ```ts
 * import { fitFrames } from "./transforms.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * const grey = { data: new Uint8Array(2 * 6 * 9 * 3).fill(128), height: 6, width: 9 };
 * deepStrictEqual(fitFrames(grey, 4).data, new Uint8Array(2 * 4 * 4 * 3).fill(128));
 * ```
 */
export function fitFrames(frames: Frames, size: number, resize = true): Frames {
  if (!resize || Math.min(frames.height, frames.width) === size) return centerCrop(frames, size);
  const to = shortSideSize(frames.height, frames.width, size);
  return centerCrop({ data: resizeBicubic(frames, to.height, to.width), ...to }, size);
}

/**
 * Bytes `[n, h, w, 3]` to normalised floats `[n, 3, h, w]`: `(x / 255 - mean) / std`. The CPU's version
 * of what the patch kernel does while it reads the bytes.
 */
export function normalizeFrames({ data, height, width }: Frames): Float32Array<ArrayBuffer> {
  const plane = height * width, out = new Float32Array(data.length);
  for (let p = 0; p < data.length / 3; p++) {
    const to = Math.floor(p / plane) * plane * 3 + p % plane;
    for (let c = 0; c < 3; c++) {
      out[to + c * plane] = (data[p * 3 + c] / 255 - CLIP_MEAN[c]) / CLIP_STD[c];
    }
  }
  return out;
}
