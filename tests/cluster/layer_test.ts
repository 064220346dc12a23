import { deepStrictEqual, notDeepStrictEqual, throws } from "node:assert/strict";
import { kMeansSegments } from "../../src/cluster/k_means.ts";
import { clusterLayer } from "../../src/cluster/layer.ts";
import { segmentLayout } from "../../src/cluster/layout.ts";
import type { ClusterMethod } from "../../src/cluster/method.ts";
import { poolFrames } from "../../src/cluster/pooling.ts";
import { sampleTokens } from "../../src/cluster/sampling.ts";
import { clusterTokens } from "../../src/cluster/segments.ts";
import { spectralSegments } from "../../src/cluster/spectral.ts";
import { spatialTemporalWindow } from "../../src/cluster/spectral_rules.ts";
import { shiftFrames } from "../../src/cluster/shift.ts";
import { UsageError } from "../../src/errors.ts";
import { Parameters } from "../../src/nn/parameters.ts";
import { Random } from "../../src/tensor/random.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { checkOp, normals } from "../oracle/check.ts";
import { rowsOf } from "./oracle.ts";

const VIDEOS = 2, N = 5, WIDTH = 16;
const options = { frames: 4, targetFrames: 2, k: 3 };
const shape = [VIDEOS * options.frames, 1 + N, WIDTH];
const tokens = () => tensor(device, normals(8 * 6 * 16, 1), shape);
const parametersOf = (named: Record<string, Tensor>) =>
  new Parameters(device, new Map(Object.entries(named)));

Deno.test("clusterLayer() does what its algorithm's own function does", async () => {
  using _scope = new Scope(device);
  const x = tokens();
  const integer = (random: Random) => (n: number) => random.integer(n);
  const same = async (method: ClusterMethod, expected: Tensor, random?: Random) =>
    deepStrictEqual(
      await clusterLayer(x, method, { ...options, random }).output.data(),
      await expected.data(),
    );
  await same({ algorithm: "kmedoids++" }, clusterTokens(x, options).output);
  await same({ algorithm: "kmediods++" }, clusterTokens(x, options).output);
  const layout = segmentLayout(x.shape, options);
  const found = spectralSegments(x, layout, {
    k: options.k,
    sigma: 3,
    neighbours: 7,
    near: spatialTemporalWindow(N),
  });
  await same({
    algorithm: "spectral",
    sigma: 3,
    graph: "KNN",
    neighbours: 7,
    spatialTemporal: true,
  }, clusterTokens(x, { ...options, ...found }).output);
  const means = kMeansSegments(x, layout, { k: options.k });
  const averaged = clusterTokens(x, { ...options, ...means, aggregation: "mean" });
  await same({ algorithm: "kmeans", aggregation: "mean" }, averaged.output);
  await same({ algorithm: "pooling" }, poolFrames(x, options));
  await same({ algorithm: "sparse_sampling" }, sampleTokens(x, options));
  const drawn = sampleTokens(x, { ...options, integer: integer(new Random(1, [2])) });
  await same({ algorithm: "sparse_sampling" }, drawn, new Random(1, [2]));
  await same({ algorithm: "temporal_shift" }, shiftFrames(x, options.frames, "patches"));
  await same({ algorithm: "token_shift" }, shiftFrames(x, options.frames, "class"));
});

Deno.test("clusterLayer() draws anew in training, and not in evaluation", async () => {
  using _scope = new Scope(device);
  const x = tokens();
  const run = (random?: Random) =>
    clusterLayer(x, { algorithm: "sparse_sampling" }, { ...options, random }).output.data();
  deepStrictEqual(await run(), await run());
  deepStrictEqual(await run(new Random(1, [1])), await run(new Random(1, [1])));
  notDeepStrictEqual(await run(new Random(1, [1])), await run(new Random(1, [2])));
});

Deno.test("embeddings of centres and factors of class tokens match the oracle, with gradients", async () => {
  using ids = tensor(device, Int32Array.of(0, 3, 9, 1, 2, 5, 4, 7, 8, 0, 1, 2), [4, 3]);
  const [medoids] = [rowsOf([0, 3, 9, 1, 2, 5, 4, 7, 8, 0, 1, 2], 3)];
  await checkOp({
    device,
    inputs: [shape, [3, WIDTH], [1, 4, 1, 1]],
    run: (x, embed, factors) =>
      clusterLayer(x, { algorithm: "kmedoids++", embedding: "random", adaptiveClass: true }, {
        ...options,
        grouping: { medoids: ids },
        parameters: parametersOf({ cluster_embed: embed, cls_multiplier: factors }),
      }).output,
    oracle: (x, embed, factors) =>
      rowsOf(x, 2 * (1 + N) * WIDTH).flatMap((segment, s) => {
        const frames = rowsOf(segment, (1 + N) * WIDTH).map((frame) => rowsOf(frame, WIDTH));
        const patches = frames.flatMap((frame) => frame.slice(1)), first = (s % 2) * 2;
        const head = frames[0][0].map((_, c) =>
          (factors[first] * frames[0][0][c] + factors[first + 1] * frames[1][0][c]) / 2
        );
        return [
          ...head,
          ...medoids[s].flatMap((id, k) => patches[id].map((v, c) => v + embed[k * WIDTH + c])),
        ];
      }),
  });
});

Deno.test("clusterLayer() says what it lacks or does not know", () => {
  using _scope = new Scope(device);
  const x = tokens();
  throws(() => clusterLayer(x, { algorithm: "deep_cluster" }, options), /needs its parameters/);
  throws(
    () => clusterLayer(x, { algorithm: "kmedoids++", embedding: "clip" }, options),
    UsageError,
  );
  const none = { ...options, parameters: parametersOf({}) };
  throws(
    () => clusterLayer(x, { algorithm: "kmedoids++", embedding: "clip" }, none),
    /no tensor "cluster_embed"/,
  );
  throws(
    () => clusterLayer(x, { algorithm: "magic" as "pooling" }, options),
    /clustering by "magic" is not known/,
  );
});
