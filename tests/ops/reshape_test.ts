import { deepStrictEqual, throws } from "node:assert/strict";
import { reshape } from "../../src/ops/reshape.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { checkOp } from "../oracle/check.ts";

Deno.test("reshape() keeps the elements, infers a size, and gives the gradient its shape back", async () => {
  await checkOp({
    device,
    inputs: [[3, 31, 2]],
    run: (x) => reshape(x, [31, -1]),
    oracle: (x) => x,
  });
  using x = tensor(device, new Float32Array(6));
  using y = reshape(x, [2, -1]);
  deepStrictEqual(y.shape, [2, 3]);
  throws(() => reshape(x, [4]), /6 elements do not reshape to \[4\]/);
});
