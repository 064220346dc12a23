import { deepStrictEqual, ok } from "node:assert/strict";
import { Tape } from "../../src/autograd/tape.ts";
import type { Device } from "../../src/gpu/device.ts";
import { l2Normalize } from "../../src/ops/l2_normalize.ts";
import { Scope } from "../../src/tensor/scope.ts";
import type { Shape } from "../../src/tensor/shape.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { gpuGeometry } from "../gpu_geometry.ts";
import { checkOp } from "../oracle/check.ts";

function check(target: Device, shape: Shape, eps: number) {
  const width = shape.at(-1)!;
  return checkOp({
    device: target,
    inputs: [shape],
    run: (x) => l2Normalize(x, eps),
    oracle: (x) => {
      const y = new Float64Array(x.length);
      for (let start = 0; start < x.length; start += width) {
        const row = x.subarray(start, start + width);
        const size = Math.hypot(...row) + eps;
        row.forEach((v, c) => y[start + c] = v / size);
      }
      return y;
    },
  });
}

for (const shape of [[0, 4], [1, 1], [3, 31], [127, 3], [2, 33, 4], [31, 129], [3, 512]]) {
  Deno.test(`l2Normalize() of [${shape}] matches the oracle, with and without eps`, async () => {
    await check(device, shape, 0);
    await check(device, shape, 0.25);
  });
}

Deno.test("l2Normalize() matches the oracle in the geometry of a GPU", () =>
  check(gpuGeometry, [5, 132], 0));

for (const eps of [0, 0.5]) {
  const expected = eps ? "zeros, and dy / eps as gradient" : "NaN, there and in the gradient";
  Deno.test(`l2Normalize() with eps ${eps} gives a zero row ${expected}`, async () => {
    using _scope = new Scope(device);
    const x = tensor(device, new Float32Array([0, 0, 3, 4]), [2, 2]);
    using tape = new Tape();
    tape.watch(x);
    const y = tape.run(() => l2Normalize(x, eps));
    const [dx] = tape.backward(y, [x], tensor(device, new Float32Array([1, 2, 0, 0]), [2, 2]));
    const values = [...await y.data() as Float32Array],
      slopes = [...await dx!.data() as Float32Array];
    deepStrictEqual(values.slice(0, 2), eps ? [0, 0] : [NaN, NaN]);
    deepStrictEqual(slopes.slice(0, 2), eps ? [2, 4] : [NaN, NaN]);
    ok(Math.abs(values[2] - 3 / (5 + eps)) < 1e-6 && Math.abs(slopes[2]) < 1e-6, `${values}`);
  });
}
