import { addScalar, scale } from "../../src/ops/affine.ts";
import { AWKWARD, device } from "../device.ts";
import { checkOp } from "../oracle/check.ts";

for (const n of [0, ...AWKWARD]) {
  Deno.test(`scale() and addScalar() match the oracle for ${n} elements`, async () => {
    await checkOp({
      device,
      inputs: [[n]],
      run: (x) => scale(x, -1.5),
      oracle: (x) => x.map((v) => -1.5 * v),
    });
    await checkOp({
      device,
      inputs: [[n]],
      run: (x) => addScalar(x, 0.75),
      oracle: (x) => x.map((v) => v + 0.75),
    });
  });
}
