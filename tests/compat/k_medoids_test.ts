import { deepStrictEqual, ok } from "node:assert/strict";
import { kMedoids } from "../../src/cluster/k_medoids.ts";
import type { KMedoidsOptions } from "../../src/cluster/k_medoids_options.ts";
import { negativeDistances } from "../../src/compat/k_medoids.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { normals } from "../oracle/check.ts";

/** Clusters [batch, n, 2] and reads everything. */
async function cluster(points: ArrayLike<number>, batch: number, options: KMedoidsOptions) {
  using _scope = new Scope(device);
  const x = tensor(device, Float32Array.from(points), [batch, points.length / batch / 2, 2]);
  const { medoids, assignment, iterations } = kMedoids(x, options);
  return {
    medoids: [...await medoids.data()],
    assignment: [...await assignment.data()],
    iterations: [...await iterations.data()],
  };
}

const reference = { compat: "reference" } as const;

Deno.test("the reference agrees with kMedoids() where its oddities play no part", async () => {
  const points = normals(3 * 40 * 2, 1);
  const options = { k: 5, p: 1, splitSize: 1 };
  deepStrictEqual(
    await cluster(points, 3, { ...options, ...reference }),
    await cluster(points, 3, options),
  );
});

Deno.test("segments of a reference chunk stop together, by the mean of their moves", async () => {
  const still = [5, 5, 5, 5, 4, 5, 5, 4]; // the token of largest norm is the middle one
  const moving = [9, 0, 0, 0, 1, 0, 2, 0]; // from 9 to 1, a way of 8
  const run = async (options: Partial<KMedoidsOptions>) =>
    (await cluster([...still, ...moving], 2, { k: 1, p: 1, ...options })).iterations;
  deepStrictEqual(await run({}), [1, 2]);
  deepStrictEqual(await run({ ...reference, splitSize: 1 }), [1, 2]);
  deepStrictEqual(await run({ ...reference, splitSize: 2 }), [2, 2]);
  // A mean way of 4 is short enough, a way of 8 is not.
  deepStrictEqual(await run({ ...reference, splitSize: 2, threshold: 6 }), [1, 1]);
  deepStrictEqual(await run({ ...reference, splitSize: 1, threshold: 6 }), [1, 2]);
});

Deno.test("without sorting the reference returns the assignment before the last update", async () => {
  const points = normals(60 * 2, 3), options = { k: 6, p: 1, sortIds: false };
  const start = await cluster(points, 1, { ...options, ...reference, iterationLimit: 0 });
  const once = await cluster(points, 1, { ...options, ...reference, iterationLimit: 1 });
  deepStrictEqual(once.assignment, start.assignment);
  ok(once.medoids.some((m, k) => m !== start.medoids[k]), "the update must move a medoid");
  const own = await cluster(points, 1, { ...options, iterationLimit: 1 });
  deepStrictEqual(own.medoids, once.medoids);
  ok(own.assignment.some((k, i) => k !== once.assignment[i]));
});

Deno.test("a cluster that the reference leaves empty takes token 0", async () => {
  // So far away that 1 vanishes beside the distances: equal tokens are no longer nearest to themselves.
  const points = [1e10, 0, 1e10, 0, -1e10, 0, -1e10, 0];
  const found = await cluster(points, 1, { k: 4, p: 1, ...reference });
  deepStrictEqual(found.medoids, [0, 0, 0, 2]);
  deepStrictEqual((await cluster(points, 1, { k: 4, p: 1 })).medoids, [0, 1, 2, 3]);
});

Deno.test("negativeDistances() shifts the chunk below zero and the diagonal lower still", async () => {
  using x = tensor(device, new Float32Array([0, 0, 3, 4, 0, 0, 0, 1]), [2, 2, 2]);
  using d = negativeDistances(x, {});
  deepStrictEqual([...await d.data()], [-7, -1, -1, -7, -7, -5, -5, -7]);
});
