/**
 * Segments by the slice: what takes N x N numbers a segment runs for as many at a time as have room.
 *
 * @module
 */
import type { Device } from "../gpu/device.ts";
import { inSlices, mostAtOnce } from "../ops/slices.ts";
import { type TokenLayout, tokensOf } from "./layout.ts";

/**
 * Calls `run(first, count)` until all segments had their turn, in a scope of its own each time: for as many as
 * have room for matrices `[N, N]`, and at most for `splitSize`.
 */
export function bySlices(
  device: Device,
  layout: TokenLayout,
  run: (first: number, count: number) => void,
  splitSize = Infinity,
): void {
  const step = Math.min(mostAtOnce(device, 4 * tokensOf(layout) ** 2), splitSize);
  inSlices(device, layout.segments, step, run);
}
