/**
 * Eigenvectors of tridiagonal matrices from the record of rotations.
 *
 * @module
 */
import source from "../../kernels/linalg/apply_rotations.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import type { Rotations } from "./implicit_ql.ts";
import { columnsOf } from "./columns.ts";

const kernel = { name: "apply_rotations", source };

/**
 * The vectors of `found.values`: [batch, n, k], on a software device padded with zeros to whole vectors
 * of four.
 */
export function applyRotations(found: Rotations, scales: Tensor, n: number): Tensor {
  const { device, shape: [batch, k] } = found.values;
  const { sweeps, rotations, order, sweepLimit, rotationLimit } = found;
  const { T, unit, LANES } = columnsOf(device);
  const width = Math.ceil(k / unit);
  const x = empty(device, "f32", [batch, n, width * unit], "applyRotations");
  const bind = { sweeps, rotations, order, scales, elements: x, x };
  const params = {
    n,
    k,
    columns: width * unit,
    width,
    sweep_limit: sweepLimit,
    rotation_limit: rotationLimit,
  };
  for (const [entry, lanes] of [["start", width * unit], ["main", width]] as const) {
    const groups = [Math.ceil(lanes / LANES), batch] as const;
    device.launch({ kernel, entry, consts: { T, LANES }, bind, params, groups });
  }
  return x;
}
