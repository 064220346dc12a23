/**
 * Symmetric matrices on which eigensolvers go wrong.
 */
import { Random } from "../../src/tensor/random.ts";

/** A symmetric matrix [n, n]. */
export type Matrix = Float32Array<ArrayBuffer>;

/** The matrix with these elements; `at` is asked for the lower triangle. */
export function symmetric(n: number, at: (i: number, j: number) => number): Matrix {
  const a = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = at(i, j);
  }
  return a;
}

/** Standard normal elements. */
export function normal(n: number, seed = n): Matrix {
  const random = new Random(seed, [0xe1]);
  return symmetric(n, () => random.normal());
}

/** The normalised Laplacian of a graph that joins `n` normal points of `width` coordinates. */
export function laplacian(
  n: number,
  { seed = n, width = 16, joined = (_i: number, _j: number): boolean => true } = {},
): Matrix {
  const random = new Random(seed, [0xe2]);
  const points = Array.from(
    { length: n },
    () => Array.from({ length: width }, () => random.normal()),
  );
  const weight = (i: number, j: number) =>
    !joined(i, j)
      ? 0
      : Math.exp(-points[i].reduce((sum, x, q) => sum + (x - points[j][q]) ** 2, 0) / (2 * width));
  const weights = Array.from({ length: n }, (_, i) => points.map((_, j) => weight(i, j)));
  const degrees = weights.map((row) => row.reduce((a, b) => a + b, 0));
  return symmetric(
    n,
    (i, j) => Number(i === j) - weights[i][j] / Math.sqrt(degrees[i] * degrees[j]),
  );
}

const diagonal = (n: number, at: (i: number) => number) =>
  symmetric(n, (i, j) => i === j ? at(i) : 0);

/** By name, each for a size. */
export const HOSTILE: Readonly<Record<string, (n: number) => Matrix>> = {
  "zero": (n) => new Float32Array(n * n),
  "the identity": (n) => diagonal(n, () => 1),
  "a diagonal in no order, with repetitions": (n) => diagonal(n, (i) => i * 7 % 5 - 2),
  "rank one": (n) => symmetric(n, (i, j) => Math.sin(i + 1) * Math.sin(j + 1)),
  "all ones": (n) => new Float32Array(n * n).fill(1),
  "n - 1 equal eigenvalues": (n) => symmetric(n, (i, j) => Number(i === j) - 1 / n),
  "eigenvalues 1 and -1": (n) => symmetric(n, (i, j) => Number(i + j === n - 1)),
  "a path, tridiagonal already": (n) => symmetric(n, (i, j) => i === j ? 2 : i === j + 1 ? -1 : 0),
  "Wilkinson's, in close pairs": (n) =>
    symmetric(n, (i, j) => i === j ? Math.abs(i - (n - 1) / 2) : Number(i === j + 1)),
  "glued Wilkinson's": (n) =>
    symmetric(
      n,
      (i, j) => i === j ? Math.abs(i % 21 - 10) : i !== j + 1 ? 0 : i % 21 ? 1 : 1e-7,
    ),
  "a Laplacian": (n) => laplacian(n),
  "a Laplacian of three components": (n) => laplacian(n, { joined: (i, j) => i % 3 === j % 3 }),
  "a Laplacian with a lone node": (n) =>
    laplacian(n, { joined: (i, j) => i === j || (i !== n >> 1 && j !== n >> 1) }),
  "a Laplacian with its first and last node alone": (n) =>
    laplacian(n, { joined: (i, j) => i === j || (j > 0 && i < n - 1) }),
  "twice the same blocks": (n) => {
    const half = normal(n, 3);
    return symmetric(n, (i, j) => i % 2 === j % 2 ? half[(i >> 1) * n + (j >> 1)] : 0);
  },
  "eigenvalues over twelve decades": (n) => symmetric(n, (i, j) => 10 ** (-6 * (i + j) / n)),
  "large elements": (n) => normal(n).map((x) => 1e30 * x),
  "small elements": (n) => normal(n).map((x) => 1e-30 * x),
};
