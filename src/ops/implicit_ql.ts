/**
 * Eigenvalues of tridiagonal matrices, with a record of the rotations.
 *
 * @module
 */
import source from "../../kernels/linalg/implicit_ql.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import type { Tridiagonal } from "./tridiagonalize.ts";

const kernel = { name: "implicit_ql", source };
/** Rows that a workgroup holds: of one matrix of any size, or of several small ones. */
const CAPACITY = 2048;

/** The eigenvalues that were asked for, and what leads to their vectors. */
export interface Rotations {
  /** [batch, k], ascending. */
  readonly values: Tensor;
  /** [batch, columns]: the columns of those values in the product of the rotations, then none. */
  readonly order: Tensor<"u32">;
  /** [batch, 1 + sweepLimit, 4]. */
  readonly sweeps: Tensor<"u32">;
  /** [batch, rotationLimit, 2]: cosines and sines. */
  readonly rotations: Tensor;
}

/** Room for the rotations of a matrix: QL takes about 1.7 sweeps a value, most over half the matrix. */
export function rotationLimits(n: number): { sweep_limit: number; rotation_limit: number } {
  return { sweep_limit: 5 * n + 32, rotation_limit: Math.ceil(1.75 * n * n) + 32 * n };
}

/** The k smallest eigenvalues. It overwrites the scales of matrices that have none with NaN. */
export function implicitQl(reduced: Tridiagonal, k: number, columns: number): Rotations {
  const { tridiagonal, scales } = reduced;
  const { device, shape: [batch, , n] } = tridiagonal;
  const limits = rotationLimits(n);
  const values = empty(device, "f32", [batch, k], "implicitQl");
  const order = empty(device, "u32", [batch, columns], "implicitQl");
  const sweeps = empty(device, "u32", [batch, 1 + limits.sweep_limit, 4], "implicitQl");
  const rotations = empty(device, "f32", [batch, limits.rotation_limit, 2], "implicitQl");
  const { software } = device.info;
  // Two workgroups at least, for a software device has two cores at least.
  const PACK = software ? Math.max(1, Math.min(8, batch >> 1, Math.floor(CAPACITY / n))) : 1;
  device.launch({
    kernel,
    entry: "main",
    consts: { LANES: software ? 8 : 32, PACK, CAPACITY: Math.max(CAPACITY, n) },
    bind: { tridiagonal, scales, sweeps, rotations, order, values },
    params: { n, k, columns, matrices: batch, ...limits, nan: NaN },
    groups: [Math.ceil(batch / PACK)],
  });
  return { values, order, sweeps, rotations };
}
