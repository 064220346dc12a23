import { deepStrictEqual } from "node:assert/strict";
import { type Nearest, nearestBy, nearestTokens } from "../../src/cluster/nearest.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { normals } from "../oracle/check.ts";
import { distanceOracle, rowsOf } from "./oracle.ts";

/** Segments, tokens, centroids, width. */
const SIZES = [
  [1, 1, 1, 1],
  [2, 33, 7, 12],
  [3, 31, 3, 5],
  [1, 129, 127, 33],
  [5, 3, 3, 4],
  [0, 4, 2, 4],
  [2, 2, 6, 8],
] as const;

/** For the distances of one segment: the tokens nearest to each centroid, and each token's centroid. */
function oracle(d: number[][]) {
  const assignment = d.map((row) => row.indexOf(Math.min(...row)));
  const medoids = d[0].map((_, c) => {
    const own = d.map((row, i) => assignment[i] === c ? row[c] : Infinity);
    return Math.max(0, own.indexOf(Math.min(...own)));
  });
  return { medoids: medoids.sort((a, b) => a - b), assignment };
}

/** Runs the oracle on each segment and compares. */
async function compare({ medoids, assignment }: Nearest, d: number[][][], k: number, n: number) {
  const expected = d.map(oracle);
  deepStrictEqual(rowsOf(await medoids.data(), k), expected.map((e) => e.medoids));
  deepStrictEqual(rowsOf(await assignment.data(), n), expected.map((e) => e.assignment));
}

Deno.test("nearestTokens() gives what the oracle gives", async () => {
  for (const [segments, n, k, width] of SIZES) {
    using _scope = new Scope(device);
    const x = normals(segments * n * width, n), c = normals(segments * k * width, 1000 + k);
    const found = nearestTokens(
      tensor(device, x, [segments, n, width]),
      tensor(device, c, [segments, k, width]),
    );
    const centroids = rowsOf(c, k * width).map((segment) => rowsOf(segment, width));
    const d = rowsOf(x, n * width).map((segment, s) =>
      rowsOf(segment, width).map((t) => centroids[s].map((c) => distanceOracle(t, c, {})))
    );
    await compare(found, d, k, n);
  }
});

Deno.test("nearestBy() gives what the oracle gives, striding over the grid", async () => {
  const [segments, n, k] = [3, 300, 200];
  using _scope = new Scope(twoGroups);
  const d = normals(segments * n * k, 1).map(Math.abs) as Float32Array<ArrayBuffer>;
  const found = nearestBy(tensor(twoGroups, d, [segments, n, k]));
  await compare(found, rowsOf(d, n * k).map((segment) => rowsOf(segment, k)), k, n);
});

Deno.test("nearestTokens() gives a centroid without tokens the first, and ties to the lowest", async () => {
  using _scope = new Scope(device);
  const x = tensor(device, new Float32Array([0, 0, 4, 4]), [1, 4, 1]);
  const c = tensor(device, new Float32Array([9, 4, 0, 4]), [1, 4, 1]);
  const { medoids, assignment } = nearestTokens(x, c);
  deepStrictEqual([...await assignment.data()], [2, 2, 1, 1]);
  deepStrictEqual([...await medoids.data()], [0, 0, 0, 2]);
});

Deno.test("nearestTokens() stays within the tokens where nothing is finite", async () => {
  using _scope = new Scope(device);
  const x = tensor(device, new Float32Array([NaN, 1, Infinity, 2]), [1, 4, 1]);
  const c = tensor(device, new Float32Array([NaN, 1]), [1, 2, 1]);
  const { medoids, assignment } = nearestTokens(x, c);
  deepStrictEqual([...await assignment.data()], [0, 1, 1, 1]);
  deepStrictEqual([...await medoids.data()], [0, 1]);
});
