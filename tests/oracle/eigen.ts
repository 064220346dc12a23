/**
 * Eigenvalues and vectors of a symmetric matrix in float64, by cyclic Jacobi rotations: as slow as it is sure.
 */

/** Ascending eigenvalues, and the eigenvectors as columns of an [n, n] array. */
export interface Eigensystem {
  readonly values: Float64Array;
  readonly vectors: Float64Array;
}

const SWEEPS = 60;

/** Solves one matrix, given as [n, n]. */
export function jacobi(matrix: ArrayLike<number>, n: number): Eigensystem {
  const a = Float64Array.from(matrix), v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  /** Turns rows (`step` 1) or columns (`step` n) p and q of `m`. */
  const turn = (m: Float64Array, p: number, q: number, step: number, c: number, s: number) => {
    const [row, stride] = step === 1 ? [n, 1] : [1, n];
    for (let i = 0; i < n; i++) {
      const x = m[p * row + i * stride], y = m[q * row + i * stride];
      m[p * row + i * stride] = c * x - s * y;
      m[q * row + i * stride] = s * x + c * y;
    }
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let off = 0, all = 0;
    for (let i = 0; i < n * n; i++) {
      all += a[i] ** 2;
      if (i % (n + 1)) off += a[i] ** 2;
    }
    if (!(off > 1e-30 * all)) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (a[p * n + q] === 0) continue;
        const theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1), s = t * c;
        turn(a, p, q, 1, c, s);
        turn(a, p, q, n, c, s);
        turn(v, p, q, n, c, s);
      }
    }
  }
  const order = Array.from({ length: n }, (_, i) => i)
    .sort((i, j) => a[i * n + i] - a[j * n + j]);
  return {
    values: Float64Array.from(order, (i) => a[i * n + i]),
    vectors: Float64Array.from({ length: n * n }, (_, at) => v[at - at % n + order[at % n]]),
  };
}

/** Some eigenvalues with their vectors, the columns of [n, k]. */
export interface Solution {
  readonly values: Float32Array;
  readonly vectors: Float32Array;
}

/** How far a solution is from one. */
export interface EigenErrors {
  /** The largest element of `A V - V diag(values)`. */
  readonly residual: number;
  /** The largest element of `V' V - I`. */
  readonly orthogonality: number;
}

/** The errors of a solution for a matrix [n, n]; a NaN among the vectors makes them NaN. */
export function eigenErrors(a: ArrayLike<number>, n: number, solution: Solution): EigenErrors {
  const { values, vectors } = solution, k = values.length;
  // Columns in rows, for the sake of the cache.
  const v = Float64Array.from(
    { length: k * n },
    (_, at) => vectors[at % n * k + (at - at % n) / n],
  );
  const dot = (x: ArrayLike<number>, i: number, y: ArrayLike<number>, j: number) => {
    let sum = 0;
    for (let q = 0; q < n; q++) sum += x[i * n + q] * y[j * n + q];
    return sum;
  };
  let residual = 0, orthogonality = 0;
  for (let j = 0; j < k; j++) {
    for (let i = 0; i < n; i++) {
      residual = Math.max(residual, Math.abs(dot(a, i, v, j) - values[j] * v[j * n + i]));
    }
    for (let i = 0; i <= j; i++) {
      orthogonality = Math.max(orthogonality, Math.abs(dot(v, i, v, j) - Number(i === j)));
    }
  }
  return { residual, orthogonality };
}
