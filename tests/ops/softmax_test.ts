import { ok } from "node:assert/strict";
import type { Device } from "../../src/gpu/device.ts";
import { softmax } from "../../src/ops/softmax.ts";
import type { Shape } from "../../src/tensor/shape.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { gpuGeometry } from "../gpu_geometry.ts";
import { checkOp } from "../oracle/check.ts";

function check(target: Device, shape: Shape) {
  const width = shape.at(-1)!;
  return checkOp({
    device: target,
    inputs: [shape],
    run: softmax,
    oracle: (x) => {
      const y = x.map(Math.exp);
      for (let start = 0; start < x.length; start += width) {
        const row = y.subarray(start, start + width);
        const sum = row.reduce((total, v) => total + v, 0);
        row.forEach((v, c) => row[c] = v / sum);
      }
      return y;
    },
  });
}

for (const shape of [[0, 4], [1, 1], [3, 31], [127, 3], [2, 33, 4], [31, 129]]) {
  Deno.test(`softmax() of [${shape}] matches the oracle`, () => check(device, shape));
}

Deno.test("softmax() matches the oracle in the geometry of a GPU", () =>
  check(gpuGeometry, [5, 132]));

Deno.test("softmax() takes logits of any size, spreads a NaN over its row, and no further", async () => {
  const data = new Float32Array([1000, 999, -1000, NaN, 0, 1, 5, -Infinity, 5]);
  using x = tensor(device, data, [3, 3]);
  using result = softmax(x);
  const y = await result.data() as Float32Array;
  ok(Math.abs(y[0] - 1 / (1 + Math.exp(-1))) < 1e-6 && y[2] === 0, `${y}`);
  ok(y.subarray(3, 6).every(Number.isNaN), `${y}`);
  ok(Math.abs(y[6] - 0.5) < 1e-6 && y[7] === 0, `${y}`);
});
