/**
 * What a clustering is worth, in f64.
 *
 * @module
 */
import type { Clusters } from "../../mod.ts";
import type { Floats } from "./values.ts";

/** A clustering: token numbers of the medoids and, for every token, its cluster. */
export interface Choice {
  readonly medoids: Int32Array;
  readonly assignment: Int32Array;
}

/** Reads what a clustering found. */
export async function readChoice({ medoids, assignment }: Clusters): Promise<Choice> {
  return { medoids: await medoids.data(), assignment: await assignment.data() };
}

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
  { medoids, assignment }: Choice,
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

/**
 * Whether two choices of medoids are of the same tokens by value, in each segment.
 *
 * @param x tokens [B, N, D]
 */
export function sameTokens(
  { shape: [segments, n, width], data }: Floats,
  ours: Int32Array,
  theirs: Int32Array,
): boolean {
  const k = ours.length / segments;
  const values = (medoids: Int32Array) =>
    Array.from(
      { length: segments },
      (_, segment) =>
        Array.from(medoids.subarray(segment * k, (segment + 1) * k), (token) => {
          const begin = (segment * n + token) * width;
          return data.subarray(begin, begin + width).join();
        }).sort().join(";"),
    ).join("\n");
  return values(ours) === values(theirs);
}
