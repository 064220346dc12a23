/**
 * Eigenvectors of symmetric matrices.
 *
 * @module
 */
import { tidy } from "../tensor/scope.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { applyReflectors } from "./apply_reflectors.ts";
import { applyRotations } from "./apply_rotations.ts";
import { columnUnit } from "./column_plan.ts";
import { sliceRows } from "./copy_rows.ts";
import { implicitQl, rotationLimits } from "./implicit_ql.ts";
import { inSlices, mostAtOnce } from "./slices.ts";
import { mostRows, tridiagonalize } from "./tridiagonalize.ts";

/** What {@link smallestEigenvectors} finds. */
export interface Eigenvectors {
  /** Eigenvalues, ascending: `[B, k]`. */
  readonly values: Tensor;
  /** Orthonormal columns, one for each value: `[B, N, k]`. */
  readonly vectors: Tensor;
}

/**
 * The k smallest eigenvalues of symmetric matrices, with their eigenvectors: Householder tridiagonalisation,
 * implicit QL, and the rotations and reflections applied to the k columns that are wanted (Golub and
 * Van Loan, chapter 8). Everything stays on the GPU; nothing waits for it.
 *
 * Residual and orthogonality are at most 1e-5 in every element, relative to max(1, |A|), for repeated
 * eigenvalues, too; their vectors are some basis of their space, as a vector's sign is either. The same
 * matrix gives the same bits, in whatever batch. A matrix that holds NaN or an infinity gives NaN. Of
 * a matrix that is not quite symmetric, the symmetric part counts. Memory is about 20 N² bytes a matrix.
 * No gradient flows through it.
 *
 * @param a `[B, N, N]`, f32.
 * @param k 1 to N.
 * @throws {RangeError} if `a` holds no square matrices, k is out of range, or N exceeds what the device's
 *   workgroup memory holds (1024 everywhere).
 *
 * @example
 * ```ts ignore
 * const { values, vectors } = smallestEigenvectors(laplacian, 49);
 * ```
 */
export function smallestEigenvectors(a: Tensor, k: number): Eigenvectors {
  const { device, shape: [batch, n] } = a;
  check(a, k);
  const [values, vectors] = tidy(device, () => {
    const step = mostAtOnce(device, scratchOf(n, k));
    if (0 < batch && batch <= step) return solve(a, k, 0, batch);
    const values = empty(device, "f32", [batch, k], "smallestEigenvectors");
    const vectors = empty(device, "f32", [batch, n, k], "smallestEigenvectors");
    inSlices(device, batch, step, (first, count) => {
      const [some, theirs] = solve(a, k, first, count);
      device.copy(some, 0, values, 4 * first * k, 4 * count * k);
      device.copy(theirs, 0, vectors, 4 * first * n * k, 4 * count * n * k);
    });
    return [values, vectors];
  });
  return { values, vectors };
}

/** Bytes that one matrix takes meanwhile. */
function scratchOf(n: number, k: number): number {
  return 4 * n * (n + 2 * k) + 8 * rotationLimits(n).rotation_limit;
}

/** Values [count, k] and vectors [count, n, k] of `count` matrices from `first` on. */
function solve(a: Tensor, k: number, first: number, count: number): [Tensor, Tensor] {
  const { device, shape: [, n] } = a;
  const unit = columnUnit(device);
  const reduced = tridiagonalize(a, first, count);
  const found = implicitQl(reduced, k, Math.ceil(k / unit) * unit);
  const x = applyRotations(found, reduced.scales, n);
  applyReflectors(reduced, x);
  return [found.values, firstColumns(x, k)];
}

/** The first k columns of [batch, n, columns]. */
function firstColumns(x: Tensor, k: number): Tensor {
  const [batch, n, columns] = x.shape;
  if (columns === k) return x;
  return sliceRows(x.reshape([batch * n, columns, 1]), 0, k).reshape([batch, n, k]);
}

function check(a: Tensor, k: number): void {
  const [, n, columns] = a.shape;
  if (a.shape.length !== 3 || n !== columns || a.dtype !== "f32") {
    throw new RangeError(`smallestEigenvectors: [${a.shape}] of ${a.dtype} are no square matrices`);
  }
  if (!Number.isInteger(k) || k < 1 || k > n) {
    throw new RangeError(`smallestEigenvectors: k is ${k}, not 1 to ${n}`);
  }
  const most = mostRows(a.device);
  if (n > most) {
    throw new RangeError(
      `smallestEigenvectors: ${n} rows exceed the ${most} that this device's workgroup memory holds`,
    );
  }
}
