import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import {
  affinityGraph,
  type AffinityOptions,
  spatialTemporalGraph,
} from "../../src/cluster/affinity.ts";
import { normalizedLaplacian } from "../../src/cluster/laplacian.ts";
import { signFlip } from "../../src/cluster/sign_flip.ts";
import { spectralNeighbours } from "../../src/cluster/spectral_rules.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { close, normals } from "../oracle/check.ts";
import { integers } from "./clustering.ts";
import { rowsOf } from "./oracle.ts";
import { graphOracle, laplacianOracle, nearOracle } from "./spectral_oracle.ts";

/** Checks graph, degrees and Laplacian of [segments, n, width]. */
async function check(
  data: Float32Array<ArrayBuffer>,
  [segments, n, width]: readonly [number, number, number],
  options: AffinityOptions,
) {
  using _scope = new Scope(device);
  const graph = affinityGraph(tensor(device, data, [segments, n, width]), options);
  const { laplacian, degree } = normalizedLaplacian(graph);
  const expected = rowsOf(data, n * width).map((s) => graphOracle(rowsOf(s, width), options));
  close(await graph.data(), expected.flat(2), 3e-6, `graph of ${n}`);
  const sums = expected.flat().map((row) => row.reduce((a, b) => a + b));
  close(await degree.data(), sums, 3e-6, `degrees of ${n}`);
  close(await laplacian.data(), expected.flatMap(laplacianOracle).flat(), 5e-6, `L of ${n}`);
}

Deno.test("graphs, degrees and Laplacians match the oracle", async () => {
  for (const n of AWKWARD) {
    const data = normals(2 * n * 9, n), shape = [2, n, 9] as const;
    await check(data, shape, { sigma: 1.5 });
    await check(data, shape, { neighbours: 7 });
  }
  const near = { tokensPerFrame: 16, spatialKernel: 3, temporalKernel: 5 };
  await check(normals(2 * 48 * 4, 1), [2, 48, 4], { near });
  await check(normals(2 * 48 * 4, 1), [2, 48, 4], { near, neighbours: 9 });
  // Frames of 11 tokens on a grid of 3 x 3: the last two are near to others, and nothing to them.
  await check(normals(33 * 4, 2), [1, 33, 4], { near: { ...near, tokensPerFrame: 11 } });
});

Deno.test("a graph of neighbours keeps ties, and all where there are fewer tokens", async () => {
  for (const neighbours of [1, 2, 5, 33, 100]) {
    await check(integers(2 * 33 * 3, 3), [2, 33, 3], { neighbours });
  }
  const tokens = Float32Array.from([0, 1, -1, 2, 10]);
  using x = tensor(device, tokens, [5, 1]);
  using graph = affinityGraph(x, { neighbours: 2 });
  strictEqual(String(graph.shape), "5,5");
  const edges = rowsOf(await graph.data(), 5).map((row) => row.map((w) => Number(w > 0)));
  // 0 has 1 and -1 at the same distance; 10 has 2, though 2 has not 10.
  deepStrictEqual(edges, [
    [1, 1, 1, 0, 0],
    [1, 1, 0, 1, 0],
    [1, 0, 1, 0, 0],
    [0, 1, 0, 1, 1],
    [0, 0, 0, 1, 1],
  ]);
});

Deno.test("a grid too small for a graph strides over it", async () => {
  using _scope = new Scope(twoGroups);
  const n = 33, weights = normals(20 * n * n, 4).map(Math.abs);
  const { laplacian, degree } = normalizedLaplacian(tensor(twoGroups, weights, [20, n, n]));
  const graphs = rowsOf(weights, n * n).map((graph) => rowsOf(graph, n));
  const sums = graphs.flat().map((row) => row.reduce((a, b) => a + b));
  close(await degree.data(), sums, 2e-6, "degrees");
  close(await laplacian.data(), graphs.flatMap(laplacianOracle).flat(), 2e-6, "L");
});

Deno.test("a Laplacian of tokens that are far apart keeps its digits", async () => {
  const tokens = Float32Array.from({ length: 12 }, (_, i) => 11 * i);
  using x = tensor(device, tokens, [1, 12, 1]);
  using graph = affinityGraph(x);
  const { laplacian, degree } = normalizedLaplacian(graph);
  const weight = Math.exp(-121 / 8), l = rowsOf(await laplacian.data(), 12);
  // 1 - 1 / (1 + w) would have two digits left.
  for (let i = 0; i < 12; i++) {
    const links = i % 11 === 0 ? 1 : 2;
    ok(Math.abs(l[i][i] / (links * weight) - 1) < 1e-5, `${l[i][i]}, not ${links * weight}`);
  }
  laplacian.dispose();
  degree.dispose();
});

Deno.test("no weight is too far, too near or too narrow for a number", async () => {
  for (const scale of [1e-30, 1e-12, 1e12, 1e30]) {
    for (const sigma of [1e-30, 2, 1e30]) {
      using x = tensor(device, normals(20 * 4, 5).map((v) => v * scale), [1, 20, 4]);
      using graph = affinityGraph(x, { sigma });
      const w = rowsOf(await graph.data(), 20);
      ok(w.flat().every((v) => v >= 0 && v <= 1), `scale ${scale}, sigma ${sigma}`);
      ok(w.every((row, i) => row[i] === 1));
    }
  }
});

Deno.test("a token that is not finite has no edges, and the Laplacian no NaN", async () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    using _scope = new Scope(device);
    const data = normals(20 * 4, 6);
    data[7 * 4 + 1] = bad;
    for (const options of [{}, { neighbours: 4 }]) {
      const graph = affinityGraph(tensor(device, data, [1, 20, 4]), options);
      const { laplacian, degree } = normalizedLaplacian(graph);
      const degrees = await degree.data(), l = rowsOf(await laplacian.data(), 20);
      degrees.forEach((d, i) => strictEqual(Number.isNaN(d), i === 7));
      ok(l.flat().every(Number.isFinite));
      ok(l.every((row, i) => i === 7 ? row.every((v) => v === 0) : row[7] === 0 && row[i] > 0));
    }
  }
});

Deno.test("spatialTemporalGraph() connects what is near", async () => {
  for (const [n, tokensPerFrame] of [[1, 1], [98, 49], [33, 11], [48, 16]]) {
    for (const [spatialKernel, temporalKernel] of [[1, 1], [3, 5], [4, 2], [19, 7]]) {
      const near = { tokensPerFrame, spatialKernel, temporalKernel };
      const expected = Array.from(
        { length: n * n },
        (_, at) => Number(nearOracle(Math.floor(at / n), at % n, near)),
      );
      for (const target of [device, twoGroups]) {
        using graph = spatialTemporalGraph(target, n, near);
        strictEqual(String(graph.shape), `1,${n},${n}`);
        deepStrictEqual([...await graph.data()], expected);
      }
    }
  }
});

Deno.test("signFlip() turns each vector the way most of its projections point", async () => {
  for (const [n, k] of [[1, 1], [3, 2], [33, 31], [129, 5], [3, 300]]) {
    using _scope = new Scope(twoGroups);
    const u = normals(2 * n * k, n), p = normals(2 * n * k, n + 1);
    // One column says nothing.
    for (let i = 0; i < n; i++) p[i * k] = 0;
    for (const zero of [0, 1] as const) {
      const flipped = signFlip(
        tensor(twoGroups, u, [2, n, k]),
        tensor(twoGroups, p, [2, n, k]),
        zero,
      );
      const expected = u.map((v, at) => {
        const segment = Math.floor(at / (n * k)), column = at % k;
        let sum = 0;
        for (let i = 0; i < n; i++) {
          const one = p[(segment * n + i) * k + column];
          sum += one * Math.abs(one);
        }
        return v * (Math.sign(sum) || zero);
      });
      close(await flipped.data(), expected, 0, `${n}, ${k}`);
    }
  }
});

Deno.test("the neighbours are as given from 5 on", () => {
  deepStrictEqual([0, 4, 5, 9].map((given) => spectralNeighbours(given, 2, 49)), [10, 10, 5, 9]);
  deepStrictEqual([99, 100].map((tokens) => spectralNeighbours(1, 3, tokens)), [15, 20]);
});

Deno.test("graphs refuse options out of range", () => {
  using x = tensor(device, new Float32Array(24), [2, 3, 4]);
  const near = { tokensPerFrame: 3, spatialKernel: 3, temporalKernel: 3 };
  throws(() => affinityGraph(x, { sigma: 0 }), /sigma is 0/);
  throws(() => affinityGraph(x, { sigma: NaN }), /sigma is NaN/);
  throws(() => affinityGraph(x, { neighbours: 0 }), /neighbours is 0/);
  throws(() => affinityGraph(x, { neighbours: 1.5 }), /neighbours is 1.5/);
  throws(() => affinityGraph(x, { near: { ...near, tokensPerFrame: 2 } }), /no whole frames of 2/);
  throws(() => affinityGraph(x, { near: { ...near, spatialKernel: 0 } }), /spatialKernel is 0/);
  throws(() => spatialTemporalGraph(device, 4, near), /4 tokens are no whole frames of 3/);
  throws(() => normalizedLaplacian(x), /\[B, N, N\], not \[2,3,4\]/);
  throws(() => signFlip(x, x.reshape([2, 4, 3])), /not both \[B, N, K\]/);
});
