/**
 * Launch geometry of the kernels that work on the columns of a matrix, each for itself.
 *
 * @module
 */
import type { Device } from "../gpu/device.ts";
import { smallSubgroup } from "./small_subgroup.ts";

/** How a kernel takes columns. */
export interface ColumnPlan {
  /** What a lane takes: one column or four. */
  readonly T: "f32" | "vec4f";
  /** Lanes of the kernels for small subgroups, where those serve. */
  readonly L: number | undefined;
  /** Lanes of a workgroup of the plain kernels. */
  readonly LANES: number;
  /** Columns in T. */
  readonly width: number;
  readonly groups: readonly [number, number];
}

/** Columns are padded to a multiple of this: one on a GPU, for the sake of many lanes, else four. */
export function columnUnit({ info }: Device): number {
  return info.software ? 4 : 1;
}

/** Lanes of a small subgroup that holds eight values at least, one for each reflector or sweep. */
export function columnSubgroup(device: Device): number | undefined {
  return smallSubgroup(device, 8);
}

/** Plans a kernel over the columns of `batch` matrices. On a software device a workgroup is one subgroup. */
export function columnPlan(device: Device, batch: number, columns: number): ColumnPlan {
  const L = columnSubgroup(device), unit = columnUnit(device);
  const LANES = device.info.software ? 8 : 32;
  const width = columns / unit;
  return {
    T: unit === 1 ? "f32" : "vec4f",
    L,
    LANES,
    width,
    groups: [Math.ceil(width / (L ?? LANES)), batch],
  };
}
