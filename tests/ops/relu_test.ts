import { deepStrictEqual } from "node:assert/strict";
import { relu } from "../../src/ops/relu.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { checkOp } from "../oracle/check.ts";

for (const n of [0, ...AWKWARD, 70_000]) {
  Deno.test(`relu() and its gradient match the oracle for ${n} elements`, () =>
    checkOp({ device, inputs: [[n]], run: relu, oracle: (x) => x.map((v) => Math.max(v, 0)) }));
}

Deno.test("relu() lets a NaN pass", async () => {
  using x = tensor(device, Float32Array.of(NaN, -1, 2));
  using y = relu(x);
  deepStrictEqual([...await y.data()], [NaN, 0, 2]);
});
