import { ok, strictEqual, throws } from "node:assert/strict";
import type { Device } from "../../src/gpu/device.ts";
import { crossEntropy } from "../../src/ops/cross_entropy.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { gpuGeometry } from "../gpu_geometry.ts";
import { checkOp } from "../oracle/check.ts";

/** The mean loss of the rows of a matrix that lies row by row, or column by column. */
function oracle(
  rows: number,
  classes: number,
  target: (row: number) => number,
  transpose: boolean,
) {
  return (s: Float64Array) => {
    const at = (r: number, c: number) => s[transpose ? c * rows + r : r * classes + c];
    let loss = 0;
    for (let r = 0; r < rows; r++) {
      const row = Array.from({ length: classes }, (_, c) => at(r, c));
      const peak = Math.max(...row);
      const sum = row.reduce((total, v) => total + Math.exp(v - peak), 0);
      loss += (peak + Math.log(sum) - at(r, target(r))) / rows;
    }
    return [loss];
  };
}

async function check(
  target: Device,
  rows: number,
  classes: number,
  transpose: boolean,
  ids?: Int32Array<ArrayBuffer>,
) {
  using targets = ids && tensor(target, ids);
  await checkOp({
    device: target,
    inputs: [transpose ? [classes, rows] : [rows, classes]],
    run: (logits) => crossEntropy(logits, { targets, transpose }),
    oracle: oracle(rows, classes, (r) => ids?.[r] ?? r, transpose),
  });
}

for (const [rows, classes] of [[1, 1], [3, 3], [31, 33], [129, 127], [127, 1], [1, 129]]) {
  Deno.test(`crossEntropy() of ${rows} rows and ${classes} classes matches the oracle`, async () => {
    const ids = Int32Array.from({ length: rows }, (_, i) => (i * 7 + 1) % classes);
    for (const transpose of [false, true]) {
      await check(device, rows, classes, transpose, ids);
      if (rows <= classes) await check(device, rows, classes, transpose);
    }
  });
}

Deno.test("crossEntropy() matches the oracle in the geometry of a GPU", () =>
  check(gpuGeometry, 33, 129, false));

Deno.test("crossEntropy() keeps small losses next to large logits", async () => {
  const data = new Float32Array([100, 90, 0, 80]);
  using logits = tensor(device, data, [2, 2]);
  using loss = crossEntropy(logits);
  const [value] = await loss.data() as Float32Array, exact = Math.log1p(Math.exp(-10)) / 2;
  // What is left of exp(-10) beside 1 in float32 is good to a thousandth.
  ok(Math.abs(value - exact) < 2e-3 * exact, `${value}, exactly ${exact}`);
});

Deno.test("crossEntropy() of NaN logits is NaN", async () => {
  using logits = tensor(device, new Float32Array([1, 2, NaN, 4]), [2, 2]);
  using loss = crossEntropy(logits);
  strictEqual((await loss.data())[0], NaN);
});

Deno.test("crossEntropy() refuses targets that do not fit", () => {
  using logits = tensor(device, new Float32Array(6), [3, 2]);
  using targets = tensor(device, new Int32Array(2));
  throws(() => crossEntropy(logits), /the diagonal of \[3,2\] does not give every row a class/);
  throws(() => crossEntropy(logits, { targets }), /2 targets for 3 rows/);
});
