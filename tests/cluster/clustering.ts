/** What every clustering of segments must be, and how tests read one. */
import { ok, strictEqual } from "node:assert/strict";
import type { Clusters } from "../../src/cluster/k_medoids.ts";
import { Random } from "../../src/tensor/random.ts";
import { rowsOf } from "./oracle.ts";

/** The clusters of one segment. */
export interface Found {
  readonly medoids: number[];
  readonly assignment: number[];
  readonly iterations: number;
}

/** Reads a result [B, ..], one entry a segment. */
export async function readClusters(found: Clusters): Promise<Found[]> {
  const iterations = [...await found.iterations.data()];
  const medoids = rowsOf(await found.medoids.data(), found.medoids.shape.at(-1)!);
  const assignment = rowsOf(await found.assignment.data(), found.assignment.shape.at(-1)!);
  return iterations.map((count, b) => ({
    medoids: medoids[b],
    assignment: assignment[b],
    iterations: count,
  }));
}

/** Fails unless ids are within bounds, sorted and distinct, and each medoid is in its own cluster. */
export function isClustering({ medoids, assignment }: Omit<Found, "iterations">, what = ""): void {
  medoids.forEach((m, k) => {
    ok(m >= 0 && m < assignment.length, `${what} medoid ${m}`);
    ok(k === 0 || m > medoids[k - 1], `${what} medoids ${medoids}`);
    strictEqual(assignment[m], k, `${what} medoid ${m}`);
  });
  ok(assignment.every((k) => k >= 0 && k < medoids.length), `${what} assignment ${assignment}`);
}

/** Small integers: sums of p = 1 distances are exact, and ties abound. */
export function integers(count: number, seed: number, range = 4): Float32Array<ArrayBuffer> {
  const random = new Random(seed, [0xc1]);
  return Float32Array.from({ length: count }, () => random.integer(range));
}
