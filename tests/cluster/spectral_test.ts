import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  spectralClusters,
  type SpectralOptions,
  spectralSegments,
} from "../../src/cluster/spectral.ts";
import type { Device } from "../../src/gpu/device.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { gpuGeometry } from "../gpu_geometry.ts";
import { normals } from "../oracle/check.ts";
import { type Found, isClustering, readClusters } from "./clustering.ts";
import { kMedoidsOracle, rowsOf } from "./oracle.ts";
import { graphOracle, laplacianOracle, singularOracle } from "./spectral_oracle.ts";

type Data = Float32Array<ArrayBuffer>;
type Sizes = readonly [segments: number, n: number, width: number];

async function cluster(data: Data, shape: Sizes, options: SpectralOptions, target = device) {
  using _scope = new Scope(target);
  const found = spectralClusters(tensor(target, data, shape), options);
  const embedding = rowsOf(await found.embedding.data(), options.k);
  return (await readClusters(found)).map((one, s) => ({
    ...one,
    embedding: embedding.slice(s * shape[1], (s + 1) * shape[1]),
  }));
}

/** Tokens around `groups` centres, token i at centre i % groups. */
function planted(n: number, groups: number, width: number, seed: number): Data {
  const centres = normals(groups * width, seed).map((v) => 3 * v),
    noise = normals(n * width, seed + 1);
  return noise.map((v, at) =>
    centres[Math.floor(at / width) % groups * width + at % width] + 0.1 * v
  );
}

/**
 * Fails unless the embedding is an orthonormal basis of the space of the k smallest singular values: its
 * projection is the oracle's, where the next value is clear of them.
 */
function spans(embedding: number[][], l: number[][], what: string): void {
  const n = l.length, k = embedding[0].length, { values, vectors } = singularOracle(l);
  const gram = embedding[0].map((_, a) =>
    embedding[0].map((_, b) => embedding.reduce((sum, row) => sum + row[a] * row[b], 0))
  );
  gram.forEach((row, a) => row.forEach((v, b) => ok(Math.abs(v - Number(a === b)) < 1e-5, what)));
  // Squares of singular values is what the solver sees of a matrix that is not symmetric.
  const gap = k < n ? values[k] ** 2 - values[k - 1] ** 2 : 1;
  if (gap < 1e-3) return;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const ours = embedding[i].reduce((sum, v, c) => sum + v * embedding[j][c], 0);
      let theirs = 0;
      for (let c = 0; c < k; c++) theirs += vectors[i][c] * vectors[j][c];
      ok(Math.abs(ours - theirs) < 1e-5 / gap, `${what}: ${ours}, not ${theirs}, at ${i}, ${j}`);
    }
  }
}

async function matchesOracle(data: Data, shape: Sizes, options: SpectralOptions, target?: Device) {
  const [, n, width] = shape;
  const found = await cluster(data, shape, options, target);
  rowsOf(data, n * width).forEach((segment, s) => {
    const { embedding, ...ours } = found[s], what = `${shape} ${JSON.stringify(options)}`;
    spans(embedding, laplacianOracle(graphOracle(rowsOf(segment, width), options)), what);
    deepStrictEqual(ours, kMedoidsOracle(embedding, { ...options, preNorm: true }), what);
  });
}

for (const [name, target] of [["", device], [" with a GPU's geometry", gpuGeometry]] as const) {
  Deno.test(`spectralClusters() finds what the oracle finds${name}`, async () => {
    for (const n of AWKWARD) {
      const shape = [2, n, 6] as const,
        data = normals(2 * n * 6, n),
        k = Math.min(n, 2 + Math.floor(n / 5));
      // Of one vector, every row is as long as the next, and rounding decides.
      await matchesOracle(data, shape, { k, sigma: 1.3 }, target);
      await matchesOracle(data, shape, { k: Math.min(n, 3), neighbours: 9 }, target);
    }
  });
}

Deno.test("spectralClusters() takes every metric, limit and order of k-medoids", async () => {
  const data = normals(2 * 60 * 6, 3), shape = [2, 60, 6] as const;
  for (const options of [{ p: 1 }, { distance: "cosine" }, { p: 3, sortIds: false }] as const) {
    await matchesOracle(data, shape, { k: 7, ...options });
  }
  for (const iterationLimit of [0, 1]) await matchesOracle(data, shape, { k: 7, iterationLimit });
  await matchesOracle(data, shape, { k: 7, threshold: 0.5 });
});

Deno.test("the left singular vectors embed tokens whose graph is not symmetric", async () => {
  const near = { tokensPerFrame: 15, spatialKernel: 9, temporalKernel: 3 };
  await matchesOracle(normals(45 * 4, 4), [1, 45, 4], { k: 5, near });
  await matchesOracle(normals(45 * 4, 4), [1, 45, 4], { k: 5, near, correctSign: false });
});

Deno.test("spectralClusters() finds groups, whether of one blob or of none", async () => {
  const n = 70, groups = 7;
  for (const options of [{}, { neighbours: 12 }, { correctSign: false }]) {
    const [found] = await cluster(planted(n, groups, 8, 5), [1, n, 8], { k: groups, ...options });
    isClustering(found);
    found.assignment.forEach((own, i) => strictEqual(own, found.assignment[i % groups]));
  }
  // Two rings around each other: no medoid of a ring is nearer to its own than to the other ring.
  const rings = Float32Array.from({ length: 2 * 64 }, (_, at) => {
    const i = at >> 1, radius = i % 2 ? 5 : 1, angle = i * Math.PI / 32;
    return radius * (at % 2 ? Math.sin(angle) : Math.cos(angle));
  });
  const [{ assignment }] = await cluster(rings, [1, 64, 2], { k: 2, sigma: 0.5 });
  assignment.forEach((own, i) => strictEqual(own, assignment[i % 2]));
});

Deno.test("signs of eigenvectors are settled, that of the eigenvalue 0 too", async () => {
  const data = normals(33 * 5, 6);
  const [{ embedding }] = await cluster(data, [1, 33, 5], { k: 4 });
  for (let c = 0; c < 4; c++) {
    ok(embedding.reduce((sum, row) => sum + row[c] * Math.abs(row[c]), 0) > 0, `column ${c}`);
  }
  ok(embedding.every((row) => row[0] > 0), "the first is D^1/2 1");
});

Deno.test("tokens without edges keep their vectors, and lose them as the original's do", async () => {
  const far = Float32Array.from({ length: 9 }, (_, i) => 1e3 * i);
  const [here] = await cluster(far, [1, 9, 1], { k: 3 });
  isClustering(here);
  ok(
    here.embedding[0].map((_, c) => here.embedding.map((row) => row[c])).every((column) =>
      column.filter((v) => v === 1).length === 1
    ),
  );
  const [there] = await cluster(far, [1, 9, 1], { k: 3, compat: "reference" });
  ok(there.embedding.flat().every((v) => v === 0));
  deepStrictEqual(there.medoids, [0, 1, 2]);
});

Deno.test("a token that is not finite is a component of its own and becomes a medoid", async () => {
  const n = 40, groups = 4, data = planted(n, groups, 6, 7);
  for (const poison of [NaN, Infinity]) {
    const hurt = data.slice();
    hurt[13 * 6 + 2] = poison;
    const [found] = await cluster(hurt, [1, n, 6], { k: groups + 1 });
    isClustering(found);
    ok(found.medoids.includes(13), `${found.medoids}`);
    found.embedding.forEach((row, i) => ok(row.every((v) => Number.isNaN(v) === (i === 13))));
    // The others are clustered as ever.
    for (let i = 0; i < n; i++) {
      if (i !== 13) strictEqual(found.assignment[i], found.assignment[i % groups + 20]);
    }
  }
});

Deno.test("a batch gives, bit for bit, what its segments give alone or in parts", async () => {
  const n = 45, width = 5, data = normals(4 * n * width, 8), options = { k: 6 };
  data[n * width + 8] = NaN;
  const together = await cluster(data, [4, n, width], options);
  deepStrictEqual(await cluster(data, [4, n, width], options), together);
  deepStrictEqual(await cluster(data, [4, n, width], { ...options, splitSize: 3 }), together);
  for (const [b, segment] of rowsOf(data, n * width).entries()) {
    const alone = await cluster(Float32Array.from(segment), [1, n, width], options);
    deepStrictEqual(alone, [together[b]]);
  }
});

Deno.test("spectralClusters() takes one segment without a batch dimension, and no segment at all", async () => {
  const data = normals(30 * 4, 9);
  using tokens = tensor(device, data, [30, 4]);
  const single = spectralClusters(tokens, { k: 3 });
  strictEqual(
    String([single.medoids.shape, single.assignment.shape, single.embedding.shape]),
    "3,30,30,3",
  );
  const [batched] = await cluster(data, [1, 30, 4], { k: 3 });
  deepStrictEqual([...await single.assignment.data()], batched.assignment);
  deepStrictEqual(await cluster(new Float32Array(0), [0, 30, 4], { k: 3 }), []);
  for (const made of Object.values(single) as Tensor[]) made.dispose();
});

Deno.test("spectralSegments() reads the patches of frames where they lie", async () => {
  using _scope = new Scope(device);
  const layout = { segments: 3, frames: 2, skip: 1, patches: 16, width: 8 };
  const frames = normals(3 * 2 * 17 * 8, 10), rows = rowsOf(frames, 8);
  const patches = Float32Array.from(rows.filter((_, row) => row % 17 > 0).flat());
  const near = { tokensPerFrame: 16, spatialKernel: 3, temporalKernel: 3 };
  for (const options of [{ k: 5 }, { k: 5, neighbours: 10 }, { k: 5, near }]) {
    const found = spectralSegments(tensor(device, frames, [6, 17, 8]), layout, options);
    const expected: Found[] = (await cluster(patches, [3, 32, 8], options))
      .map(({ medoids, assignment, iterations }) => ({ medoids, assignment, iterations }));
    deepStrictEqual(await readClusters(found), expected);
  }
});

Deno.test("spectralClusters() keeps nothing but its results, and waits for nothing", async () => {
  using tokens = tensor(device, normals(4 * 40 * 7, 11), [4, 40, 7]);
  await device.idle();
  const near = { tokensPerFrame: 10, spatialKernel: 3, temporalKernel: 3 };
  for (const options of [{}, { neighbours: 5 }, { near, compat: "reference" as const }]) {
    const { buffers } = device.memory, { submits } = device;
    const found = spectralClusters(tokens, { k: 4, splitSize: 3, ...options });
    strictEqual(device.memory.buffers, buffers + 4);
    strictEqual(device.submits, submits);
    for (const made of Object.values(found) as Tensor[]) made.dispose();
    strictEqual(device.memory.buffers, buffers);
  }
});

Deno.test("spectralClusters() refuses options out of range", () => {
  using x = tensor(device, new Float32Array(24), [2, 3, 4]);
  throws(() => spectralClusters(x, { k: 4 }), /spectral: k is 4, but a segment has 3 tokens/);
  throws(() => spectralClusters(x, { k: 2, sigma: -1 }), /sigma is -1/);
  throws(() => spectralClusters(x, { k: 2, iterationLimit: -1 }), /iterationLimit is -1/);
  throws(() => spectralClusters(x, { k: 2, splitSize: 0 }), /splitSize is 0/);
  using many = tensor(device, new Float32Array(9000), [1, 9000, 1]);
  throws(() => spectralClusters(many, { k: 2 }), /9000 tokens a segment exceed/);
});
