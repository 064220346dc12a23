import { throws } from "node:assert/strict";
import { transpose } from "../../src/ops/transpose.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { checkOp } from "../oracle/check.ts";

const SIZES = [[1, 1, 1], [2, 3, 31], [3, 33, 32], [5, 127, 1], [1, 2, 129], [0, 3, 4], [2, 0, 3]];

for (const [name, target] of [["", device], [", striding over the batch", twoGroups]] as const) {
  Deno.test(`transpose() and its gradient match the oracle${name}`, async () => {
    for (const [batch, rows, cols] of SIZES) {
      // Of two workgroups a dimension, tiles of 32 cover 64.
      if (target === twoGroups && Math.max(rows, cols) > 64) continue;
      await checkOp({
        device: target,
        inputs: [[batch, rows, cols]],
        run: transpose,
        oracle: (x) =>
          Float64Array.from({ length: batch * rows * cols }, (_, at) => {
            const i = at % rows, j = Math.floor(at / rows) % cols, b = Math.floor(at / rows / cols);
            return x[(b * rows + i) * cols + j];
          }),
        tolerance: 0,
      });
    }
  });
}

Deno.test("transpose() refuses a vector", () => {
  using x = tensor(device, new Float32Array(3));
  throws(() => transpose(x), /the transpose of \[3\]/);
});
