import { quickGelu } from "../../src/ops/quick_gelu.ts";
import { AWKWARD, device } from "../device.ts";
import { checkOp } from "../oracle/check.ts";

for (const half of [[], [0]]) {
  for (const n of [0, ...AWKWARD, 70_000]) {
    const elements = `${n} elements${half.length ? " of f16" : ""}`;
    Deno.test(`quickGelu() and its gradient match the oracle for ${elements}`, () =>
      checkOp({
        device,
        inputs: [[n]],
        half,
        run: (x) => quickGelu(x),
        oracle: (x) => x.map((v) => v / (1 + Math.exp(-1.702 * v))),
      }));
  }
}
