import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { dropout } from "../../src/ops/dropout.ts";
import { Random } from "../../src/tensor/random.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { checkOp, normals } from "../oracle/check.ts";

const stream = () => new Random(42, [7, 123_456_789, 3]);

/** Draws the mask on the CPU. */
function oracle(x: Float64Array, rate: number): Float64Array {
  const random = stream();
  return x.map((v) => random.uniform() >= rate ? v / (1 - rate) : 0);
}

for (const rate of [0.1, 0.5, 0.9]) {
  for (const n of [0, ...AWKWARD, 5003]) {
    Deno.test(`dropout() of ${n} elements at ${rate} draws the CPU's numbers, its gradient too`, () =>
      checkOp({
        device: n === 5003 ? twoGroups : device,
        inputs: [[n]],
        run: (x) => dropout(x, rate, stream()),
        oracle: (x) => oracle(x, rate),
      }));
  }
}

Deno.test("dropout() drops about as many as it should, others in another stream", async () => {
  const n = 100_000;
  using x = tensor(device, new Float32Array(n).fill(1));
  const kept: Float32Array[] = [];
  for (const purpose of [1, 2]) {
    using y = dropout(x, 0.25, new Random(42, [purpose]));
    kept.push((await y.data() as Float32Array).map((v) => v > 0 ? 1 : 0));
  }
  const sum = (values: Float32Array) => values.reduce((total, v) => total + v, 0);
  for (const mask of kept) ok(Math.abs(sum(mask) / n - 0.75) < 0.01, `${sum(mask)}`);
  const both = kept[0].map((v, i) => v * kept[1][i]);
  ok(Math.abs(sum(both) / n - 0.75 ** 2) < 0.01, `${sum(both)}`);
});

Deno.test("dropout() at 0 changes nothing; a rate of 1 is refused", async () => {
  using x = tensor(device, normals(5, 1));
  strictEqual(dropout(x, 0, stream()), x);
  throws(() => dropout(x, 1, stream()), RangeError);
  deepStrictEqual(await x.data(), normals(5, 1));
});
