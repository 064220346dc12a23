/**
 * Frames and their patches as images.
 *
 * @module
 */

import { encode } from "npm:fast-png@8.0.0";
import type { Frames } from "./transforms.ts";

/** One frame as a PNG file. */
export function png({ data, height, width }: Frames): Uint8Array {
  return encode({ data, height, width, channels: 3, depth: 8 });
}

/** The frames of several, each by itself; they share their bytes. */
export function eachFrame({ data, height, width }: Frames): Frames[] {
  const size = height * width * 3;
  return Array.from(
    { length: data.length / size },
    (_, i) => ({ data: data.subarray(i * size, (i + 1) * size), height, width }),
  );
}

/**
 * Cuts a frame into squares, from the left column of them to the right and each column from its top. What
 * is left over at the right and below is dropped.
 *
 * @param size Pixels of a side.
 *
 * @example
 * ```ts
 * import { patchColumns } from "./png.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const data = Uint8Array.from([1, 2, 3, 4].flatMap((grey) => [grey, grey, grey]));
 * const patches = patchColumns({ data, height: 2, width: 2 }, 1);
 * deepStrictEqual(patches.map(({ data }) => data[0]), [1, 3, 2, 4]);
 * ```
 */
export function patchColumns({ data, height, width }: Frames, size: number): Frames[] {
  const patches: Frames[] = [];
  for (let x = 0; x + size <= width; x += size) {
    for (let y = 0; y + size <= height; y += size) {
      const patch = new Uint8Array(size * size * 3);
      for (let row = 0; row < size; row++) {
        const from = ((y + row) * width + x) * 3;
        patch.set(data.subarray(from, from + size * 3), row * size * 3);
      }
      patches.push({ data: patch, height: size, width: size });
    }
  }
  return patches;
}

/** What covers a patch: grey, and how much of it, of 255 (the original's RGBA 192, 192, 192, 170). */
const GREY = 192, OPACITY = 170;

/**
 * A copy of a frame with the patches covered that are not among the `kept`, which are numbered row by row.
 *
 * @param size Pixels of a patch's side.
 */
export function coverPatches(
  { data, height, width }: Frames,
  size: number,
  kept: ReadonlySet<number>,
): Frames {
  const across = Math.floor(width / size), covered = data.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (kept.has(Math.floor(y / size) * across + Math.floor(x / size))) continue;
      const at = (y * width + x) * 3;
      for (let i = at; i < at + 3; i++) {
        covered[i] = Math.round((data[i] * (255 - OPACITY) + GREY * OPACITY) / 255);
      }
    }
  }
  return { data: covered, height, width };
}
