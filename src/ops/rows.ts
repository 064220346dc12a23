/**
 * Launch geometry of the kernels that work on rows: norms, softmax, cross entropy.
 *
 * @module
 */
import type { Device } from "../gpu/device.ts";
import { vectorsOf } from "./vectors.ts";

/** Lanes of a workgroup on a GPU, and the most that share a row. */
const GPU_LANES = 64;
/** Lanes of a workgroup on a software device: few, so that its cores share the rows evenly. */
const SOFTWARE_LANES = 16;

/** How a kernel takes rows. */
export interface RowPlan {
  /** `T`, `VECTORS` (T is vec4f), `TEAM` (lanes that share a row) and `LANES` of a workgroup. */
  readonly consts: {
    readonly T: "f32" | "vec4f";
    readonly VECTORS: boolean;
    readonly TEAM: number;
    readonly LANES: number;
  };
  /** Width of a row in T. */
  readonly width: number;
  readonly groups: [number];
}

/**
 * Plans a kernel over `rows` rows of `width` floats.
 *
 * On a software device a lane takes a row of its own, since barriers are dear and memory does not
 * coalesce; on a GPU as many lanes as the row can feed, up to 64. Kernels stride over the grid.
 */
export function planRows(device: Device, rows: number, width: number): RowPlan {
  const { T, width: vectors } = vectorsOf(width);
  const { software, maxWorkgroups } = device.info;
  const TEAM = software ? 1 : Math.min(GPU_LANES, 2 ** Math.ceil(Math.log2(Math.max(vectors, 1))));
  const LANES = software ? SOFTWARE_LANES : GPU_LANES;
  return {
    consts: { T, VECTORS: T === "vec4f", TEAM, LANES },
    width: vectors,
    groups: [Math.min(Math.ceil(rows / (LANES / TEAM)), maxWorkgroups)],
  };
}

/** The last size of a shape, and the product of those before it. */
export function rowsOf(shape: readonly number[]): { rows: number; width: number } {
  const width = shape.at(-1) ?? 1;
  return { rows: shape.slice(0, -1).reduce((product, n) => product * n, 1), width };
}
