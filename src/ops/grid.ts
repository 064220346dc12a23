/**
 * Workgroup counts.
 *
 * @module
 */
import type { Device } from "../gpu/device.ts";

/** Lanes of the workgroups of pointwise kernels. */
export const POINTWISE_LANES = 256;

/** Workgroups of a pointwise kernel over `n` items; the kernel strides over the grid. */
export function pointwiseGroups(device: Device, n: number): [number] {
  return [Math.min(Math.ceil(n / POINTWISE_LANES), device.info.maxWorkgroups)];
}
