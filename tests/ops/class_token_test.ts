import { throws } from "node:assert/strict";
import { prependClassToken } from "../../src/ops/class_token.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { checkOp } from "../oracle/check.ts";

for (const [batch, n, width] of [[0, 2, 4], [1, 1, 1], [3, 4, 31], [5, 49, 32], [2, 0, 3]]) {
  Deno.test(`prependClassToken() matches the oracle for ${batch} images of ${n} patches, width ${width}`, () =>
    checkOp({
      device,
      inputs: [[batch, n, width], [width], [n + 1, width]],
      run: prependClassToken,
      oracle: (x, token, position) =>
        Float64Array.from({ length: batch * (n + 1) * width }, (_, i) => {
          const at = i % ((n + 1) * width), b = (i - at) / ((n + 1) * width);
          return position[at] + (at < width ? token[at] : x[b * n * width + at - width]);
        }),
    }));
}

Deno.test("prependClassToken() refuses positions that do not fit", () => {
  using x = tensor(device, new Float32Array(12), [2, 3, 2]);
  using token = tensor(device, new Float32Array(2));
  using position = tensor(device, new Float32Array(6), [3, 2]);
  throws(
    () => prependClassToken(x, token, position),
    /patches \[2,3,2\], class token \[2\], pos.* \[3,2\]/,
  );
});
