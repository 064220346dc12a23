import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { kMedoids } from "../../src/cluster/k_medoids.ts";
import type { KMedoidsOptions } from "../../src/cluster/k_medoids_options.ts";
import type { Device } from "../../src/gpu/device.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { gpuGeometry } from "../gpu_geometry.ts";
import { normals } from "../oracle/check.ts";
import { integers, isClustering, readClusters } from "./clustering.ts";
import { costOracle, kMedoidsOracle, rowsOf } from "./oracle.ts";

type Data = Float32Array<ArrayBuffer>;

/** Runs k-medoids on [batch, n, width] and reads the result, one entry a segment. */
async function cluster(
  data: Data,
  [batch, n, width]: readonly [number, number, number],
  options: KMedoidsOptions,
  target: Device = device,
) {
  using _scope = new Scope(target);
  const found = kMedoids(tensor(target, data, [batch, n, width]), options);
  return await readClusters(found);
}

async function matchesOracle(
  data: Data,
  shape: readonly [number, number, number],
  options: KMedoidsOptions & { init?: undefined },
  target?: Device,
) {
  const [batch, n, width] = shape;
  const found = await cluster(data, shape, options, target);
  const expected = rowsOf(data, n * width).map((segment) =>
    kMedoidsOracle(rowsOf(segment, width), options)
  );
  strictEqual(found.length, batch);
  deepStrictEqual(found, expected, `${shape} ${JSON.stringify(options)}`);
}

for (const [name, target] of [["", device], [" with a GPU's geometry", gpuGeometry]] as const) {
  Deno.test(`kMedoids() finds what the oracle finds${name}`, async () => {
    for (const [n, width, k] of [[1, 3, 1], [3, 1, 2], [31, 8, 1], [33, 6, 33], [129, 20, 40]]) {
      await matchesOracle(normals(2 * n * width, n), [2, n, width], { k }, target);
    }
    await matchesOracle(normals(300 * 5, 8), [1, 300, 5], { k: 7 }, target);
  });
}

Deno.test("kMedoids() finds what the oracle finds in every metric, exact ties included", async () => {
  for (const n of [31, 33, 127]) {
    const data = normals(2 * n * 12, n);
    await matchesOracle(data, [2, n, 12], { k: 9, distance: "cosine" });
    await matchesOracle(data, [2, n, 12], { k: 9, preNorm: true });
    await matchesOracle(integers(2 * n * 3, n), [2, n, 3], { k: 9, p: 1 });
    await matchesOracle(integers(2 * n * 3, n, 2), [2, n, 3], { k: 20, p: 1 });
  }
});

Deno.test("kMedoids() keeps to the iteration limit, the threshold and the order asked for", async () => {
  const data = normals(3 * 90 * 4, 5), shape = [3, 90, 4] as const;
  for (const iterationLimit of [0, 1, 2]) {
    await matchesOracle(data, shape, { k: 8, iterationLimit });
    await matchesOracle(data, shape, { k: 8, iterationLimit, sortIds: false });
  }
  for (const threshold of [0.5, 3, 1e9]) await matchesOracle(data, shape, { k: 8, threshold });
});

Deno.test("a batch gives, bit for bit, what its segments give alone or in parts", async () => {
  const n = 70, width = 8, data = normals(5 * n * width, 6), options = { k: 12 };
  const together = await cluster(data, [5, n, width], options);
  deepStrictEqual(await cluster(data, [5, n, width], options), together);
  deepStrictEqual(await cluster(data, [5, n, width], { ...options, splitSize: 2 }), together);
  for (let b = 0; b < 5; b++) {
    const alone = data.slice(b * n * width, (b + 1) * n * width);
    deepStrictEqual(await cluster(alone, [1, n, width], options), [together[b]]);
  }
});

Deno.test("the cost never rises with more iterations", async () => {
  const n = 120, width = 4, data = integers(n * width, 7, 9), rows = rowsOf(data, width);
  let before = Infinity, falls = 0;
  for (let iterationLimit = 0; iterationLimit < 8; iterationLimit++) {
    const options = { k: 10, p: 1, iterationLimit };
    const [found] = await cluster(data, [1, n, width], options);
    isClustering(found);
    const cost = costOracle(rows, found.medoids, found.assignment, options);
    ok(cost <= before, `${before} rose to ${cost}`);
    if (cost < before && iterationLimit > 0) falls++;
    before = cost;
  }
  ok(falls > 0, "the data must leave something to improve");
});

Deno.test("equal tokens give distinct medoids, the lowest first, and no empty cluster", async () => {
  const equal = new Float32Array(40 * 5).fill(0.3);
  for (const distance of ["euclidean", "cosine"] as const) {
    const [found] = await cluster(equal, [1, 40, 5], { k: 6, distance });
    isClustering(found);
    deepStrictEqual(found.medoids, [0, 1, 2, 3, 4, 5]);
    deepStrictEqual(found.assignment.slice(6), new Array(34).fill(0));
  }
  const twice = new Float32Array(60 * 16);
  twice.set(normals(30 * 16, 8));
  twice.copyWithin(30 * 16, 0, 30 * 16);
  for (const k of [12, 30, 45, 60]) await matchesOracle(twice, [1, 60, 16], { k });
});

Deno.test("tokens that are not finite end no run and become medoids first", async () => {
  for (const poison of [NaN, Infinity, -Infinity, 1e30]) {
    for (const bad of [[5], [5, 6, 30], [...Array(40).keys()]]) {
      for (const distance of ["euclidean", "cosine"] as const) {
        const data = normals(40 * 8, 9);
        for (const i of bad) data[i * 8 + 3] = poison;
        const [found] = await cluster(data, [1, 40, 8], { k: 4, distance });
        isClustering(found);
        if (poison === 1e30) continue; // finite, though its distances are not
        const kept = found.medoids.filter((m) => bad.includes(m)).length;
        strictEqual(
          kept,
          Math.min(bad.length, 4),
          `${poison} ${bad} ${distance}: ${found.medoids}`,
        );
      }
    }
  }
});

Deno.test("one NaN token is the medoid of a single cluster", async () => {
  const data = normals(20 * 4, 10);
  data[13 * 4] = NaN;
  const [{ medoids }] = await cluster(data, [1, 20, 4], { k: 1 });
  deepStrictEqual(medoids, [13]);
});

Deno.test("a NaN in one segment changes no other", async () => {
  const data = normals(3 * 30 * 4, 11);
  const clean = await cluster(data, [3, 30, 4], { k: 5 });
  data[30 * 4 + 17] = NaN;
  const found = await cluster(data, [3, 30, 4], { k: 5 });
  deepStrictEqual([found[0], found[2]], [clean[0], clean[2]]);
  notDeepStrictEqual(found[1], clean[1]);
});

Deno.test("kMedoids() starts from given tokens, whatever they are", async () => {
  const data = normals(50 * 4, 12), rows = rowsOf(data, 4);
  const from = async (ids: number[]) => {
    using init = tensor(device, Int32Array.from(ids), [1, ids.length]);
    return (await cluster(data, [1, 50, 4], { k: ids.length, init }))[0];
  };
  deepStrictEqual(await from([9, 3, 20]), kMedoidsOracle(rows, { k: 3, init: [9, 3, 20] }));
  // Twice the same, or no token at all: the ids stay within bounds.
  for (const ids of [[4, 4, 4], [-1, 999, 0]]) {
    const { medoids, assignment } = await from(ids);
    ok(medoids.every((m) => m >= 0 && m < 50), String(medoids));
    ok(assignment.every((k) => k >= 0 && k < 3));
  }
});

Deno.test("kMedoids() takes distances instead of the tokens'", async () => {
  const n = 40, rows = rowsOf(normals(n * 3, 13), 3);
  const manhattan = rows.flatMap((a) =>
    rows.map((b) => a.reduce((sum, c, i) => sum + Math.abs(c - b[i]), 0))
  );
  using distances = tensor(device, Float32Array.from(manhattan), [1, n, n]);
  const data = Float32Array.from(rows.flat());
  const [found] = await cluster(data, [1, n, 3], { k: 6, distances });
  deepStrictEqual(found, kMedoidsOracle(rows, { k: 6, p: 1 }));
  using broken = tensor(device, new Float32Array(n * n).fill(NaN), [1, n, n]);
  isClustering((await cluster(data, [1, n, 3], { k: 6, distances: broken }))[0]);
});

Deno.test("kMedoids() takes one segment without a batch dimension, and no segment at all", async () => {
  const data = normals(30 * 4, 14);
  using tokens = tensor(device, data, [30, 4]);
  const single = kMedoids(tokens, { k: 3 });
  strictEqual(String([single.medoids.shape, single.assignment.shape]), "3,30");
  const [batched] = await cluster(data, [1, 30, 4], { k: 3 });
  deepStrictEqual([...await single.medoids.data()], batched.medoids);
  deepStrictEqual(await cluster(new Float32Array(0), [0, 30, 4], { k: 3 }), []);
  for (const made of Object.values(single) as Tensor[]) made.dispose();
});

Deno.test("kMedoids() takes 1024 tokens, and refuses what workgroup memory cannot hold", async () => {
  const data = normals(1024 * 4, 15);
  const [found] = await cluster(data, [1, 1024, 4], { k: 1024 });
  deepStrictEqual(found.medoids, [...Array(1024).keys()]);
  deepStrictEqual(found.assignment, found.medoids);
  using many = tensor(device, new Float32Array(9000), [1, 9000, 1]);
  throws(() => kMedoids(many, { k: 2 }), /9000 tokens a segment exceed/);
});

Deno.test("kMedoids() keeps nothing but its results, and waits for nothing", async () => {
  using tokens = tensor(device, normals(4 * 40 * 8, 16), [4, 40, 8]);
  await device.idle();
  const { buffers } = device.memory, { submits } = device;
  const found = kMedoids(tokens, { k: 4, preNorm: true, splitSize: 1 });
  strictEqual(device.memory.buffers, buffers + 3);
  strictEqual(device.submits, submits);
  for (const made of Object.values(found) as Tensor[]) made.dispose();
  strictEqual(device.memory.buffers, buffers);
});

Deno.test("kMedoids() refuses options out of range", () => {
  using x = tensor(device, new Float32Array(24), [2, 3, 4]);
  using init = tensor(device, new Int32Array(2), [1, 2]);
  using distances = tensor(device, new Float32Array(9), [1, 3, 3]);
  throws(() => kMedoids(x, { k: 4 }), /k is 4, but a segment has 3 tokens; take 1 to 3/);
  throws(() => kMedoids(x, { k: 0 }), /k is 0/);
  throws(() => kMedoids(x, { k: 1.5 }), /k is 1.5/);
  throws(() => kMedoids(x, { k: 2, iterationLimit: -1 }), /iterationLimit is -1/);
  throws(() => kMedoids(x, { k: 2, splitSize: 0 }), /splitSize is 0/);
  throws(() => kMedoids(x, { k: 2, init }), /init is \[1,2\], not \[2, 2\]/);
  throws(() => kMedoids(x, { k: 2, distances }), /distances are \[1,3,3\], not \[2, 3, 3\]/);
  throws(() => kMedoids(x.reshape([24]), { k: 2 }), /\[B, N, D\] or \[N, D\]/);
});
