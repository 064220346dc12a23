import { deepStrictEqual, ok } from "node:assert/strict";
import { clampScalar } from "../../src/ops/clamp_scalar.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";

// What the original's clamp of the logit scale gives (torch, f32).
for (
  const [x, expected] of [
    [-1, 0.10000000149011612],
    [0.05, 0.10000000149011612],
    [2.6592, 2.6591999530792236],
    [4.6052, 4.605199813842773],
    [5, 4.605199813842773],
    [Infinity, 4.605199813842773],
    [-Infinity, 0.10000000149011612],
    [NaN, NaN],
  ]
) {
  Deno.test(`clampScalar() of ${x} to [0.1, 4.6052] leaves ${expected}`, async () => {
    using scalar = tensor(device, Float32Array.of(x), []);
    clampScalar(scalar, 0.1, 4.6052);
    deepStrictEqual([...await scalar.data()], [expected]);
  });
}

Deno.test("clampScalar() keeps every kind of NaN and clamps the rest of a tensor", async () => {
  const bits = Uint32Array.of(0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff, 0x3f800000);
  using x = tensor(device, new Float32Array(bits.buffer));
  clampScalar(x, 2, 3);
  const values = await x.data();
  ok(values.subarray(0, 4).every(Number.isNaN));
  deepStrictEqual(values[4], 2);
});
