import { quickGelu } from "../../src/ops/quick_gelu.ts";
import { AWKWARD, device } from "../device.ts";
import { checkOp } from "../oracle/check.ts";

for (const n of [0, ...AWKWARD, 70_000]) {
  Deno.test(`quickGelu() and its gradient match the oracle for ${n} elements`, () =>
    checkOp({
      device,
      inputs: [[n]],
      run: (x) => quickGelu(x),
      oracle: (x) => x.map((v) => v / (1 + Math.exp(-1.702 * v))),
    }));
}
