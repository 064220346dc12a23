import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { Tape } from "../../src/autograd/tape.ts";
import { averageClusters, gatherCentres } from "../../src/cluster/centres.ts";
import type { Segmentation } from "../../src/cluster/layout.ts";
import { poolFrames } from "../../src/cluster/pooling.ts";
import { sampleTokens } from "../../src/cluster/sampling.ts";
import { clusterTokens, segmentMajor } from "../../src/cluster/segments.ts";
import type { Device } from "../../src/gpu/device.ts";
import { Random } from "../../src/tensor/random.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { checkOp, normals } from "../oracle/check.ts";
import { kMedoidsOracle, rowsOf } from "./oracle.ts";

/** Videos of frames of `n` patches behind a class token, to be cut into segments. */
interface Case extends Segmentation {
  readonly videos: number;
  readonly n: number;
  readonly width: number;
}

const shapeOf = ({ videos, frames, n, width }: Case) => [videos * frames, 1 + n, width] as const;

/** Each segment's mean class token and its patches, frame by frame. */
function segmentsOf(x: ArrayLike<number>, { frames, targetFrames, n, width }: Case) {
  const length = frames / targetFrames;
  return rowsOf(x, length * (1 + n) * width).map((segment) => {
    const framed = rowsOf(segment, (1 + n) * width).map((frame) => rowsOf(frame, width));
    return {
      head: framed[0][0].map((_, c) =>
        framed.reduce((sum, frame) => sum + frame[0][c], 0) / length
      ),
      patches: framed.flatMap((frame) => frame.slice(1)),
    };
  });
}

const CASES: readonly Case[] = [
  { videos: 2, frames: 6, targetFrames: 3, n: 5, width: 8 },
  { videos: 1, frames: 4, targetFrames: 1, n: 9, width: 33 },
  { videos: 3, frames: 3, targetFrames: 3, n: 7, width: 1 },
  { videos: 0, frames: 4, targetFrames: 2, n: 4, width: 4 },
];

function draw(count: number, below: number, seed: number): number[] {
  const random = new Random(seed, [0x5e]);
  return Array.from({ length: count }, () => random.integer(below));
}

async function checkGather(target: Device, c: Case, k: number, choose: () => number[]) {
  const segments = c.videos * c.targetFrames;
  const ids = Array.from({ length: segments }, choose);
  using medoids = tensor(target, Int32Array.from(ids.flat()), [segments, k]);
  await checkOp({
    device: target,
    inputs: [shapeOf(c)],
    run: (x) => gatherCentres(x, medoids, c),
    oracle: (x) =>
      segmentsOf(x, c).flatMap(({ head, patches }, s) =>
        [head, ...ids[s].map((i) => patches[i])].flat()
      ),
  });
}

for (const [name, target] of [["", device], [", striding over the grid", twoGroups]] as const) {
  Deno.test(`gatherCentres() and its gradient match the oracle${name}`, async () => {
    for (const c of CASES) {
      const patches = c.n * c.frames / c.targetFrames;
      await checkGather(target, c, 3, () => [patches - 1, 0, patches >> 1]);
      await checkGather(target, c, patches, () => [...Array(patches).keys()]);
    }
    // Named twice, a token stands twice, and both gradients reach it.
    await checkGather(target, CASES[0], 5, () => [1, 1, 4, 9, 9]);
  });

  Deno.test(`averageClusters() and its gradient match the oracle${name}`, async () => {
    const k = 3;
    for (const c of CASES) {
      const segments = c.videos * c.targetFrames, patches = c.n * c.frames / c.targetFrames;
      // The first tokens see to it that no cluster is empty.
      const clusters = Array.from(
        { length: segments },
        (_, s) => [2, 0, 1, ...draw(patches - 3, k, s)],
      );
      using assignment = tensor(target, Int32Array.from(clusters.flat()), [segments, patches]);
      await checkOp({
        device: target,
        inputs: [shapeOf(c)],
        run: (x) => averageClusters(x, assignment, k, c),
        oracle: (x) =>
          segmentsOf(x, c).flatMap(({ head, patches }, s) => {
            const means = [0, 1, 2].map((cluster) => {
              const members = patches.filter((_, i) => clusters[s][i] === cluster);
              return head.map((_, col) => members.reduce((t, m) => t + m[col], 0) / members.length);
            });
            return [head, ...means].flat();
          }),
      });
    }
  });
}

Deno.test("clusterTokens() clusters each segment where it lies, and keeps its medoids or means", async () => {
  const c = { videos: 2, frames: 6, targetFrames: 2, n: 11, width: 12 }, k = 7;
  const data = normals(2 * 6 * 12 * 12, 1);
  using _scope = new Scope(device);
  const x = tensor(device, data, shapeOf(c));
  const expected = segmentsOf(data, c).map(({ patches }) => kMedoidsOracle(patches, { k }));
  const { output, medoids, assignment } = clusterTokens(x, { ...c, k });
  deepStrictEqual(rowsOf(await medoids.data(), k), expected.map((e) => e.medoids));
  deepStrictEqual(rowsOf(await assignment!.data(), 33), expected.map((e) => e.assignment));
  deepStrictEqual(await output.data(), await gatherCentres(x, medoids, c).data());
  const averaged = clusterTokens(x, { ...c, k, aggregation: "mean" });
  deepStrictEqual(
    await averaged.output.data(),
    await averageClusters(x, assignment!, k, c).data(),
  );
  const again = clusterTokens(x, { ...c, k, aggregation: "mean", medoids, assignment });
  deepStrictEqual(await again.output.data(), await averaged.output.data());
});

Deno.test("clusterTokens() clusters widths that are no multiple of 4, and normalised tokens", async () => {
  const c = { videos: 1, frames: 4, targetFrames: 2, n: 9, width: 7 };
  const data = normals(4 * 10 * 7, 2);
  using _scope = new Scope(device);
  const x = tensor(device, data, shapeOf(c));
  for (
    const options of [{ k: 4 }, { k: 4, preNorm: true }, { k: 4, distance: "cosine" }] as const
  ) {
    const { medoids } = clusterTokens(x, { ...c, ...options });
    const expected = segmentsOf(data, c).map((s) => kMedoidsOracle(s.patches, options).medoids);
    deepStrictEqual(rowsOf(await medoids.data(), 4), expected);
  }
});

Deno.test("a token that is not finite is kept: NaN does not vanish in a clustering layer", async () => {
  const c = { videos: 1, frames: 2, targetFrames: 1, n: 20, width: 4 };
  const data = normals(2 * 21 * 4, 3);
  data[(21 + 14) * 4 + 1] = NaN;
  using _scope = new Scope(device);
  for (const aggregation of ["medoid", "mean"] as const) {
    const { output } = clusterTokens(tensor(device, data, shapeOf(c)), { ...c, k: 3, aggregation });
    strictEqual((await output.data() as Float32Array).some(Number.isNaN), true);
  }
});

Deno.test("the gradient of a clustering layer reaches the tokens that were kept, and only them", async () => {
  const c = { videos: 1, frames: 2, targetFrames: 1, n: 6, width: 4 };
  using _scope = new Scope(device);
  const x = tensor(device, normals(2 * 7 * 4, 4), shapeOf(c));
  using tape = new Tape();
  tape.watch(x);
  const { output, medoids } = tape.run(() => clusterTokens(x, { ...c, k: 5 }));
  const ones = tensor(device, new Float32Array(6 * 4).fill(1), [1, 6, 4]);
  const [gradient] = tape.backward(output, [x], ones);
  const kept = [...await medoids.data()];
  const rows = rowsOf(await gradient!.data() as Float32Array, 4).map((row) => row[0]);
  const patch = (i: number) => kept.includes(i) ? 1 : 0;
  const expected = [0, 1].flatMap((
    f,
  ) => [0.5, ...Array.from({ length: 6 }, (_, p) => patch(f * 6 + p))]);
  deepStrictEqual(rows, expected);
});

Deno.test("poolFrames() and its gradient match the oracle", async () => {
  for (const c of CASES) {
    const length = c.frames / c.targetFrames, frame = (1 + c.n) * c.width;
    await checkOp({
      device,
      inputs: [shapeOf(c)],
      run: (x) => poolFrames(x, c),
      oracle: (x) =>
        rowsOf(x, length * frame).flatMap((s) =>
          Array.from(
            { length: frame },
            (_, e) => rowsOf(s, frame).reduce((sum, f) => sum + f[e], 0) / length,
          )
        ),
    });
  }
});

Deno.test("sampleTokens() keeps evenly spread patches, or those drawn once for every video", async () => {
  const c = { videos: 2, frames: 4, targetFrames: 2, n: 5, width: 4 };
  using _scope = new Scope(device);
  const data = normals(8 * 6 * 4, 5), x = tensor(device, data, shapeOf(c));
  const keep = (ids: number[][]) =>
    segmentsOf(data, c).flatMap(({ head, patches }, s) =>
      [head, ...ids[s % 2].map((i) => patches[i])].flat()
    );
  const rounded = Float32Array.from(keep([[1, 5, 8], [1, 5, 8]]));
  deepStrictEqual(await sampleTokens(x, { ...c, k: 3 }).data(), rounded);
  const draws = [2, 0, 1, 0, 0, 2];
  const drawn = await sampleTokens(x, { ...c, k: 3, integer: () => draws.shift()! }).data();
  deepStrictEqual(drawn, Float32Array.from(keep([[2, 3, 7], [0, 3, 8]])));
  strictEqual(draws.length, 0);
});

Deno.test("segmentMajor() undoes the original's order of segments", () => {
  deepStrictEqual(segmentMajor(2, 3), [0, 3, 1, 4, 2, 5]);
  deepStrictEqual(segmentMajor(0, 3), []);
});

Deno.test("segments refuse what does not fit", () => {
  using x = tensor(device, new Float32Array(6 * 5 * 2), [6, 5, 2]);
  using ids = tensor(device, new Int32Array(4), [2, 2]);
  const two = { frames: 6, targetFrames: 2 };
  throws(
    () => clusterTokens(x, { frames: 6, targetFrames: 4, k: 2 }),
    /6 frames do not divide into 4/,
  );
  throws(() => clusterTokens(x, { frames: 4, targetFrames: 2, k: 2 }), /\[B \* 4, 1 \+ n, D\]/);
  throws(() => clusterTokens(x, { ...two, k: 13 }), /k is 13, but a segment has 12 tokens/);
  throws(() => clusterTokens(x, { ...two, k: 2, aggregation: "max" as "mean" }), /"max"/);
  throws(() => clusterTokens(x, { ...two, k: 2, aggregation: "mean", medoids: ids }), /assignment/);
  throws(
    () => gatherCentres(x, ids, { frames: 6, targetFrames: 3 }),
    /medoids is \[2,2\], not \[3,2\]/,
  );
  throws(() => averageClusters(x, ids, 2, two), /assignment is \[2,2\], not \[2,12\]/);
  throws(() => sampleTokens(x, { ...two, k: 13 }), /13 of 12 tokens/);
});
