/**
 * Eigenvalues of tridiagonal matrices, with a record of the rotations.
 *
 * @module
 */
import source from "../../kernels/linalg/implicit_ql.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import type { Tridiagonal } from "./tridiagonalize.ts";

const kernel = { name: "implicit_ql", source };
/** Lanes of the workgroups that sort. */
const LANES = 64;

/** The eigenvalues that were asked for, and what leads to their vectors. */
export interface Rotations {
  /** [batch, k], ascending. */
  readonly values: Tensor;
  /** [batch, k]: the columns of those values in the product of the rotations. */
  readonly order: Tensor<"u32">;
  /** [batch, 1 + sweepLimit, 4]. */
  readonly sweeps: Tensor<"u32">;
  /** [batch, rotationLimit, 2]: cosines and sines. */
  readonly rotations: Tensor;
  readonly sweepLimit: number;
  readonly rotationLimit: number;
}

/** Room for the rotations of a matrix: QL takes about 1.7 sweeps a value, most over half the matrix. */
export function rotationLimits(n: number): { sweepLimit: number; rotationLimit: number } {
  return { sweepLimit: 5 * n + 32, rotationLimit: Math.ceil(1.75 * n * n) + 32 * n };
}

/** The k smallest eigenvalues. It overwrites the diagonals, and the scales of what has none with NaN. */
export function implicitQl({ tridiagonal, scales }: Tridiagonal, k: number): Rotations {
  const { device, shape: [batch, , n] } = tridiagonal;
  const { sweepLimit, rotationLimit } = rotationLimits(n);
  const values = empty(device, "f32", [batch, k], "implicitQl");
  const order = empty(device, "u32", [batch, k], "implicitQl");
  const sweeps = empty(device, "u32", [batch, 1 + sweepLimit, 4], "implicitQl");
  const rotations = empty(device, "f32", [batch, rotationLimit, 2], "implicitQl");
  const bind = { tridiagonal, scales, sweeps, rotations, order, values };
  const params = { n, k, sweep_limit: sweepLimit, rotation_limit: rotationLimit, nan: NaN };
  const consts = { CAPACITY: Math.max(1024, n) };
  device.launch({ kernel, entry: "main", consts, bind, params, groups: [batch] });
  const groups = [Math.ceil(n / LANES), batch] as const;
  device.launch({ kernel, entry: "select_smallest", consts, bind, params, groups });
  return { values, order, sweeps, rotations, sweepLimit, rotationLimit };
}
