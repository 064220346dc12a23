import { throws } from "node:assert/strict";
import { broadcastTo } from "../../src/ops/broadcast_to.ts";
import { type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { checkOp } from "../oracle/check.ts";

const CASES: [Shape, Shape][] = [
  [[1, 3, 31], [5, 3, 31]],
  [[4, 1, 1, 33], [4, 3, 1, 33]],
  [[2, 1], [2, 129]],
  [[7], [7]],
  [[1, 4], [0, 4]],
];

for (const [from, to] of CASES) {
  Deno.test(`broadcastTo() from [${from}] to [${to}] matches the oracle`, () =>
    checkOp({
      device,
      inputs: [from],
      run: (x) => broadcastTo(x, to),
      oracle: (x) =>
        Float64Array.from({ length: sizeOf(to) }, (_, i) => {
          let at = 0, stride = 1;
          for (let d = to.length - 1; d >= 0; d--) {
            const index = i % to[d];
            i = Math.floor(i / to[d]);
            if (from[d] !== 1) at += index * stride;
            stride *= from[d];
          }
          return x[at];
        }),
    }));
}

Deno.test("broadcastTo() refuses sizes that do not stretch", () => {
  using x = tensor(device, new Float32Array(3), [3]);
  throws(() => broadcastTo(x, [4]), RangeError);
});
