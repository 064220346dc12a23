/**
 * Batches by the slice: what takes much memory an entry runs for as many at a time as have room.
 *
 * @module
 */
import type { Device } from "../gpu/device.ts";
import { Scope } from "../tensor/scope.ts";

/** Most bytes of working memory at a time: room for more entries than a GPU runs at once. */
const MOST_SCRATCH = 2 ** 28;

/** How many entries of so many bytes run at a time: as many as fit 256 MiB, one binding, and one dispatch. */
export function mostAtOnce({ gpu, info }: Device, bytes: number): number {
  const room = Math.min(gpu.limits.maxStorageBufferBindingSize, MOST_SCRATCH);
  return Math.min(Math.max(1, Math.floor(room / bytes)), info.maxWorkgroups);
}

/** Calls `run(first, count)`, `step` entries at a time and in a scope of its own, until all had their turn. */
export function inSlices(
  device: Device,
  entries: number,
  step: number,
  run: (first: number, count: number) => void,
): void {
  for (let first = 0; first < entries; first += step) {
    using _scratch = new Scope(device);
    run(first, Math.min(step, entries - first));
  }
}
