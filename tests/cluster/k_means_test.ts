import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { kMeans, type KMeansOptions } from "../../src/cluster/k_means.ts";
import type { Device } from "../../src/gpu/device.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { gpuGeometry, twoGroups } from "../gpu_geometry.ts";
import { normals } from "../oracle/check.ts";
import { isClustering, readClusters } from "./clustering.ts";
import { kMeansOracle, rowsOf } from "./oracle.ts";

type Data = Float32Array<ArrayBuffer>;
type Sizes = readonly [batch: number, n: number, width: number];

async function cluster(data: Data, shape: Sizes, options: KMeansOptions, target: Device = device) {
  using _scope = new Scope(target);
  return await readClusters(kMeans(tensor(target, data, shape), options));
}

async function matchesOracle(data: Data, shape: Sizes, options: KMeansOptions, target?: Device) {
  const [, n, width] = shape;
  const found = await cluster(data, shape, options, target);
  const expected = rowsOf(data, n * width).map((segment) =>
    kMeansOracle(rowsOf(segment, width), options)
  );
  deepStrictEqual(found, expected, `${shape} ${JSON.stringify(options)}`);
}

for (const [name, target] of [["", device], [" with a GPU's geometry", gpuGeometry]] as const) {
  Deno.test(`kMeans() finds what the oracle finds${name}`, async () => {
    for (const [n, width, k] of [[1, 3, 1], [3, 1, 2], [31, 8, 1], [33, 6, 33], [129, 20, 40]]) {
      await matchesOracle(normals(3 * n * width, n), [3, n, width], { k }, target);
    }
    await matchesOracle(normals(300 * 5, 8), [1, 300, 5], { k: 7 }, target);
    await matchesOracle(normals(2 * 127 * 31, 9), [2, 127, 31], { k: 9, preNorm: true }, target);
  });
}

Deno.test("a batch gives, bit for bit, what its segments give alone or in parts", async () => {
  const n = 16, width = 8, data = normals(5 * n * width, 6), options = { k: 6 };
  const together = await cluster(data, [5, n, width], options);
  deepStrictEqual(await cluster(data, [5, n, width], options), together);
  // No more than two workgroups: two segments at a time.
  deepStrictEqual(await cluster(data, [5, n, width], options, twoGroups), together);
  for (const [b, segment] of rowsOf(data, n * width).entries()) {
    const alone = await cluster(Float32Array.from(segment), [1, n, width], options);
    deepStrictEqual(alone, [together[b]]);
  }
});

Deno.test("kMeans() keeps to the iteration limit, the threshold and the order asked for", async () => {
  const data = normals(3 * 90 * 4, 5), shape = [3, 90, 4] as const;
  for (const iterationLimit of [0, 1, 2]) {
    await matchesOracle(data, shape, { k: 8, iterationLimit });
    await matchesOracle(data, shape, { k: 8, iterationLimit, sortIds: false });
  }
  for (const threshold of [0, 0.5, 3, 1e9]) await matchesOracle(data, shape, { k: 8, threshold });
});

Deno.test("kMeans() finds what the oracle finds far from the origin", async () => {
  // The oracle takes means of the tokens in f64; here 1e-3 of a squared length is lost to f32.
  const data = normals(2 * 60 * 8, 6).map((v) => 4096 + Math.round(v * 16) / 16);
  await matchesOracle(data, [2, 60, 8], { k: 9 });
});

Deno.test("a cluster that loses its last token takes the one furthest from its mean", async () => {
  const equal = new Float32Array(20 * 3).fill(0.7);
  const [found] = await cluster(equal, [1, 20, 3], { k: 4 });
  isClustering(found);
  deepStrictEqual(found.medoids, [0, 1, 2, 3]);
  strictEqual(found.iterations, 1);
});

Deno.test("kMeans() keeps nothing but its results, and waits for nothing", async () => {
  using tokens = tensor(device, normals(4 * 40 * 7, 16), [4, 40, 7]);
  await device.idle();
  const { buffers } = device.memory, { submits } = device;
  const found = kMeans(tokens, { k: 4, preNorm: true });
  strictEqual(device.memory.buffers, buffers + 3);
  strictEqual(device.submits, submits);
  for (const made of Object.values(found) as Tensor[]) made.dispose();
  strictEqual(device.memory.buffers, buffers);
});

Deno.test("kMeans() takes one segment without a batch dimension, and no segment at all", async () => {
  const data = normals(30 * 4, 14);
  using tokens = tensor(device, data, [30, 4]);
  const single = kMeans(tokens, { k: 3 });
  strictEqual(String([single.medoids.shape, single.assignment.shape]), "3,30");
  const [batched] = await cluster(data, [1, 30, 4], { k: 3 });
  deepStrictEqual([...await single.medoids.data()], batched.medoids);
  deepStrictEqual(await cluster(new Float32Array(0), [0, 30, 4], { k: 3 }), []);
  for (const made of Object.values(single) as Tensor[]) made.dispose();
});

Deno.test("kMeans() refuses options out of range", () => {
  using x = tensor(device, new Float32Array(24), [2, 3, 4]);
  throws(() => kMeans(x, { k: 4 }), /kMeans: k is 4, but a segment has 3 tokens; take 1 to 3/);
  throws(() => kMeans(x, { k: 2, iterationLimit: 1.5 }), /iterationLimit is 1.5/);
  throws(() => kMeans(x.reshape([24]), { k: 2 }), /\[B, N, D\] or \[N, D\]/);
  using many = tensor(device, new Float32Array(9000), [1, 9000, 1]);
  throws(() => kMeans(many, { k: 2 }), /9000 tokens a segment exceed/);
});
