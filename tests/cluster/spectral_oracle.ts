/** Spectral clustering's stages in float64 on the CPU, one segment at a time, written from SPEC.md 5.5. */
import type { AffinityOptions, SpatialTemporalOptions } from "../../src/cluster/affinity.ts";
import { jacobi } from "../oracle/eigen.ts";
import { distanceOracle } from "./oracle.ts";

/** A matrix as rows. */
export type Rows = number[][];

/** Whether token j is near token i. */
export function nearOracle(i: number, j: number, near: SpatialTemporalOptions): boolean {
  const side = Math.floor(Math.sqrt(near.tokensPerFrame));
  const place = (token: number) => {
    const within = token % near.tokensPerFrame;
    return [Math.floor(token / near.tokensPerFrame), Math.floor(within / side), within % side];
  };
  const [t, y, x] = place(i), [u, v, w] = place(j);
  const [space, time] = [near.spatialKernel, near.temporalKernel].map((n) => Math.floor(n / 2));
  return v < side && Math.abs(t - u) <= time && Math.abs(y - v) <= space &&
    Math.abs(x - w) <= space;
}

/** The graph of finite tokens. */
export function graphOracle(tokens: Rows, options: AffinityOptions): Rows {
  const { sigma = 2, neighbours, near } = options;
  const w = tokens.map((a) =>
    // In f32, since ties decide which neighbours are kept.
    tokens.map((b) => Math.fround(Math.exp(-(distanceOracle(a, b, {}) ** 2) / (2 * sigma ** 2))))
  );
  const least = w.map((row) =>
    neighbours === undefined
      ? 0
      : [...row].sort((a, b) => b - a)[Math.min(neighbours, row.length) - 1]
  );
  return w.map((row, i) =>
    row.map((v, j) => {
      const kept = v >= least[i] || v >= least[j];
      return kept && (!near || nearOracle(i, j, near)) ? v : 0;
    })
  );
}

/** The normalised Laplacian. */
export function laplacianOracle(w: Rows): Rows {
  const degree = w.map((row) => row.reduce((a, b) => a + b));
  return w.map((row, i) =>
    row.map((v, j) => {
      if (i !== j) return degree[i] && degree[j] ? -v / Math.sqrt(degree[i] * degree[j]) : 0;
      const others = row.reduce((sum, other, at) => at === i ? sum : sum + other, 0);
      return degree[i] ? others / degree[i] : 0;
    })
  );
}

/** All singular values of a square matrix, ascending, and its left singular vectors as columns [n][n]. */
export function singularOracle(l: Rows): { values: number[]; vectors: Rows } {
  const n = l.length;
  const square = l.flatMap((a) => l.map((b) => a.reduce((sum, v, i) => sum + v * b[i], 0)));
  const { values, vectors } = jacobi(square, n);
  return {
    values: Array.from(values, (v) => Math.sqrt(Math.max(0, v))),
    vectors: Array.from({ length: n }, (_, i) => Array.from(vectors.subarray(i * n, (i + 1) * n))),
  };
}
