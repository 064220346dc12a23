import { throws } from "node:assert/strict";
import { concatRows, sliceRows } from "../../src/ops/copy_rows.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { checkOp } from "../oracle/check.ts";

for (
  const [batch, rows, width, from, to] of [
    [1, 1, 1, 0, 1],
    [3, 5, 3, 1, 5],
    [2, 33, 4, 31, 33],
    [129, 3, 31, 0, 2],
    [2, 3, 4, 2, 2],
    [0, 3, 4, 1, 2],
  ]
) {
  Deno.test(`sliceRows() takes rows ${from} to ${to} of [${batch}, ${rows}, ${width}]`, () =>
    checkOp({
      device,
      inputs: [[batch, rows, width]],
      run: (x) => sliceRows(x, from, to),
      oracle: (x) =>
        Float64Array.from({ length: batch * (to - from) * width }, (_, i) => {
          const b = Math.floor(i / ((to - from) * width));
          return x[b * rows * width + from * width + i % ((to - from) * width)];
        }),
    }));
}

for (const [batch, n, m, width] of [[1, 1, 1, 1], [3, 1, 5, 3], [2, 31, 33, 4], [2, 0, 3, 4]]) {
  Deno.test(`concatRows() puts ${n} rows before ${m} rows of width ${width}`, () =>
    checkOp({
      device,
      inputs: [[batch, n, width], [batch, m, width]],
      run: concatRows,
      oracle: (a, b) =>
        Array.from({ length: batch }, (_, i) => [
          ...a.subarray(i * n * width, (i + 1) * n * width),
          ...b.subarray(i * m * width, (i + 1) * m * width),
        ]).flat(),
    }));
}

for (const width of [1, 3, 4, 129]) {
  Deno.test(`sliceRows() and concatRows() copy f16 of width ${width}`, async () => {
    const rows = (from: number, to: number) => (x: Float64Array) =>
      [0, 1].flatMap((b) => [...x.subarray((b * 5 + from) * width, (b * 5 + to) * width)]);
    const inputs = [[2, 5, width]], half = [0];
    await checkOp({ device, half, inputs, run: (x) => sliceRows(x, 1, 3), oracle: rows(1, 3) });
    const halved = (x: Tensor) => concatRows(sliceRows(x, 0, 2), sliceRows(x, 2));
    await checkOp({ device, half, inputs, run: halved, oracle: rows(0, 5) });
  });
}

Deno.test("sliceRows() and concatRows() refuse rows that are not there", () => {
  using x = tensor(device, new Float32Array(12), [2, 3, 2]);
  using y = tensor(device, new Float32Array(12), [3, 2, 2]);
  throws(() => sliceRows(x, 1, 4), /rows 1 to 4 of \[2,3,2\]/);
  throws(() => sliceRows(x, 2, 1), /rows 2 to 1 of \[2,3,2\]/);
  throws(() => concatRows(x, y), /rows of \[2,3,2\] before rows of \[3,2,2\]/);
});
