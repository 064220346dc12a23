/**
 * What a clustering is worth, in f64.
 *
 * @module
 */
import type { Floats } from "./values.ts";

/** The metric of a clustering. */
export interface Measure {
  readonly distance: "euclidean" | "cosine";
  readonly p: number;
  readonly preNorm: boolean;
}

/**
 * For each segment, the sum of its tokens' distances to their medoids.
 *
 * @param x tokens [B, N, D]
 */
export function objective(
  { shape: [segments, n, width], data }: Floats,
  { medoids, assignment }: { medoids: Int32Array; assignment: Int32Array },
  { distance, p, preNorm }: Measure,
): number[] {
  const k = medoids.length / segments, scaled = preNorm || distance === "cosine";
  const token = (row: number): number[] => {
    const values = Array.from(data.subarray(row * width, (row + 1) * width));
    const norm = Math.hypot(...values) + 1e-6;
    return scaled ? values.map((value) => value / norm) : values;
  };
  return Array.from({ length: segments }, (_, segment) => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const own = medoids[segment * k + assignment[segment * n + i]];
      const a = token(segment * n + i), b = token(segment * n + own);
      sum += distance === "cosine"
        ? 1 - a.reduce((dot, value, d) => dot + value * b[d], 0)
        : a.reduce((total, value, d) => total + Math.abs(value - b[d]) ** p, 0) ** (1 / p);
    }
    return sum;
  });
}
