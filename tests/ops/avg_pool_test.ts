import { deepStrictEqual, throws } from "node:assert/strict";
import { avgPool } from "../../src/ops/avg_pool.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { zeros } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { checkOp } from "../oracle/check.ts";

function oracle([n, height, width, channels]: readonly number[], side: number, x: Float64Array) {
  const rows = Math.floor(height / side), columns = Math.floor(width / side);
  const y = new Float64Array(n * rows * columns * channels);
  let at = 0;
  for (let image = 0; image < n; image++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        for (let c = 0; c < channels; c++, at++) {
          for (let k = 0; k < side * side; k++) {
            const row = i * side + Math.floor(k / side), column = j * side + k % side;
            y[at] += x[((image * height + row) * width + column) * channels + c] / side ** 2;
          }
        }
      }
    }
  }
  return y;
}

for (
  const [shape, side] of [
    [[1, 2, 2, 1], 2],
    [[2, 33, 31, 3], 2],
    [[2, 4, 6, 8], 2],
    [[1, 7, 9, 12], 3],
    [[3, 1, 5, 4], 1],
    [[1, 1, 3, 4], 2],
    [[0, 4, 4, 4], 2],
  ] as const
) {
  Deno.test(`avgPool() of ${side} and its gradient match the oracle at [${shape}]`, async () => {
    for (const on of [device, twoGroups]) {
      await checkOp({
        device: on,
        inputs: [shape],
        run: (x) => avgPool(x, side),
        oracle: (x) => oracle(shape, side, x),
      });
    }
  });
}

Deno.test("avgPool() takes images only", () => {
  using _scope = new Scope(device);
  throws(() => avgPool(zeros(device, "f32", [4, 4, 4]), 2), /\[4,4,4\] are no images/);
  deepStrictEqual(avgPool(zeros(device, "f32", [1, 5, 4, 2]), 2).shape, [1, 2, 2, 2]);
});
