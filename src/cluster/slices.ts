/**
 * Segments by the slice: what takes N x N numbers a segment runs for as many at a time as have room.
 *
 * @module
 */
import type { Device } from "../gpu/device.ts";
import { Scope } from "../tensor/scope.ts";
import { type TokenLayout, tokensOf } from "./layout.ts";

/** Most bytes of matrices at a time: room for more segments than a GPU runs at once. */
const MOST_SCRATCH = 2 ** 28;

/**
 * Calls `run(first, count)` until all segments had their turn, in a scope of its own each time: for as many as
 * have matrices `[N, N]` of 256 MiB, or fit one binding, and at most for `splitSize`.
 */
export function bySlices(
  device: Device,
  layout: TokenLayout,
  run: (first: number, count: number) => void,
  splitSize = Infinity,
): void {
  const bytes = Math.min(device.gpu.limits.maxStorageBufferBindingSize, MOST_SCRATCH);
  const fits = Math.max(1, Math.floor(bytes / (4 * tokensOf(layout) ** 2)));
  const step = Math.min(fits, splitSize, device.info.maxWorkgroups);
  for (let first = 0; first < layout.segments; first += step) {
    using _scratch = new Scope(device);
    run(first, Math.min(step, layout.segments - first));
  }
}
