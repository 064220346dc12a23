import { rejects } from "node:assert/strict";
import { clusterLayer } from "../../src/cluster/layer.ts";
import type { CentreMethod } from "../../src/cluster/method.ts";
import { shiftFrames } from "../../src/cluster/shift.ts";
import { attention } from "../../src/ops/attention.ts";
import { avgPool } from "../../src/ops/avg_pool.ts";
import { batchNorm } from "../../src/ops/batch_norm.ts";
import { add, div, mul } from "../../src/ops/binary.ts";
import { conv2d } from "../../src/ops/conv2d.ts";
import { concatRows, sliceRows } from "../../src/ops/copy_rows.ts";
import { crossEntropy } from "../../src/ops/cross_entropy.ts";
import { l2Normalize } from "../../src/ops/l2_normalize.ts";
import { layerNorm } from "../../src/ops/layer_norm.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { quickGelu } from "../../src/ops/quick_gelu.ts";
import { queryAttention } from "../../src/ops/query_attention.ts";
import { mean } from "../../src/ops/reduce.ts";
import { softmax } from "../../src/ops/softmax.ts";
import { transpose } from "../../src/ops/transpose.ts";
import type { Shape } from "../../src/tensor/shape.ts";
import { empty, type Tensor, zeros } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { repeatsBits } from "../oracle/repeat.ts";

/** Means of clusters: they tell the assignment, too. */
const clustered = (method: CentreMethod) => (x: Tensor) =>
  clusterLayer(x, { ...method, aggregation: "mean" }, { frames: 3, targetFrames: 1, k: 7 }).output;

const CASES: Record<string, [shapes: Shape[], run: (...inputs: Tensor[]) => Tensor]> = {
  "matmul() with its epilogue": [
    [[17, 36], [44, 36], [44], [17, 44]],
    (a, b, bias, residual) => matmul(a, b, { transposeB: true, bias, residual }),
  ],
  "matmul() of odd sizes": [[[31, 33], [33, 3]], (a, b) => matmul(a, b)],
  "attention()": [[[2, 33, 3 * 2 * 64]], (qkv) => attention(qkv, { causal: true })],
  "layerNorm()": [[[129, 64], [64], [64]], (x, gamma, beta) => layerNorm(x, gamma, beta)],
  "l2Normalize()": [[[31, 33]], (x) => l2Normalize(x)],
  "softmax()": [[[31, 33]], softmax],
  "crossEntropy()": [[[33, 33]], (x) => crossEntropy(x)],
  "mean()": [[[129, 33]], (x) => mean(x)],
  "arithmetic with broadcasting": [
    [[5, 1, 33], [3, 1]],
    (a, b) => div(mul(add(a, b), a), add(mul(b, b), a)),
  ],
  "rows cut and joined": [[[2, 5, 3], [2, 2, 3]], (a, b) => concatRows(sliceRows(a, 1, 4), b)],
  "quickGelu()": [[[129]], quickGelu],
  "transpose()": [[[2, 33, 31]], transpose],
  "shiftFrames()": [[[6, 3, 40]], (x) => shiftFrames(x, 3, "patches")],
  "clustering by k-medoids": [[[6, 26, 8]], clustered({ algorithm: "kmedoids++", preNorm: true })],
  "clustering by k-means": [[[6, 26, 7]], clustered({ algorithm: "kmeans" })],
  "spectral clustering": [
    [[6, 26, 8]],
    clustered({ algorithm: "spectral", graph: "KNN", spatialTemporal: true }),
  ],
  "spectral clustering of frames that are not square": [
    [[6, 24, 7]],
    clustered({ algorithm: "spectral", spatialTemporal: true }),
  ],
  "conv2d()": [
    [[2, 9, 7, 8], [12, 8, 3, 3]],
    (x, weight) => conv2d(x, weight, { stride: 2, padding: 1 }),
  ],
  "conv2d() of odd channels": [
    [[2, 5, 5, 3], [5, 3, 3, 3]],
    (x, weight) => conv2d(x, weight, { padding: 1 }),
  ],
  "avgPool()": [[[2, 5, 4, 8]], (x) => avgPool(x, 2)],
  "batchNorm()": [[[130, 8], [8], [8], [130, 8]], (x, gamma, beta, residual) => {
    const of = (shape: Shape) => zeros(device, "f32", shape);
    const running = { mean: of([8]), variance: of([8]), batches: of([]) };
    return batchNorm(x, gamma, beta, running, { training: true, relu: true, residual });
  }],
  "queryAttention()": [[[2, 128], [2, 33, 128], [2, 33, 128]], queryAttention],
};

for (const [name, [shapes, run]] of Object.entries(CASES)) {
  Deno.test(`${name} and its gradient repeat their bits in memory that held something else`, () =>
    repeatsBits(device, shapes, run));
}

Deno.test("an op that leaves its output as it found it does not pass for deterministic", () =>
  rejects(repeatsBits(device, [[33]], (x) => add(x, empty(device, "f32", [33])))));
