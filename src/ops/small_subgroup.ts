/**
 * Subgroups of software devices.
 *
 * @module
 */
import type { Device } from "../gpu/device.ts";

/**
 * Lanes of a subgroup on a software device with small ones, for which the kernels called `_subgroup` are
 * made; undefined elsewhere.
 *
 * @param least Fewest lanes that the kernel can do with.
 */
export function smallSubgroup({ info }: Device, least = 4): number | undefined {
  const { software, subgroupSize = 0 } = info;
  return software && subgroupSize >= least && [4, 8, 16].includes(subgroupSize)
    ? subgroupSize
    : undefined;
}
