import { throws } from "node:assert/strict";
import { maskedMean } from "../../src/ops/masked_mean.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { checkOp } from "../oracle/check.ts";

for (const [batch, rows, width] of [[0, 2, 4], [1, 1, 1], [3, 12, 31], [4, 3, 64], [127, 2, 3]]) {
  Deno.test(`maskedMean() of [${batch}, ${rows}, ${width}] matches the oracle, empty masks included`, () => {
    const m = Float32Array.from({ length: batch * rows }, (_, i) => {
      const b = Math.floor(i / rows);
      return b % 3 === 1 || i % rows > b % rows ? 0 : 1;
    });
    using mask = tensor(device, m, [batch, rows]);
    return checkOp({
      device,
      inputs: [[batch, rows, width]],
      run: (x) => maskedMean(x, mask),
      oracle: (x) =>
        Float64Array.from({ length: batch * width }, (_, i) => {
          const b = Math.floor(i / width);
          const weights = m.subarray(b * rows, (b + 1) * rows);
          const total = weights.reduce((sum, w) => sum + w, 0) || 1;
          return weights.reduce((sum, w, t) => sum + w * x[(b * rows + t) * width + i % width], 0) /
            total;
        }),
    });
  });
}

Deno.test("maskedMean() refuses a mask that does not fit", () => {
  using x = tensor(device, new Float32Array(12), [2, 3, 2]);
  using mask = tensor(device, new Float32Array(4), [2, 2]);
  throws(() => maskedMean(x, mask), /a mask \[2,2\] for \[2,3,2\]/);
});
