/**
 * How kernels take the columns of a matrix that are independent of each other.
 *
 * @module
 */
import type { Device } from "../gpu/device.ts";

/**
 * On a GPU a lane takes one column, for the sake of many lanes; on a software device four, in one subgroup a
 * workgroup, so that its cores share the columns.
 */
export function columnsOf({ info }: Device): { T: "f32" | "vec4f"; unit: 1 | 4; LANES: number } {
  return info.software ? { T: "vec4f", unit: 4, LANES: 8 } : { T: "f32", unit: 1, LANES: 32 };
}
