import { exp } from "../../src/ops/exp.ts";
import { AWKWARD, device } from "../device.ts";
import { checkOp } from "../oracle/check.ts";

for (const n of [0, ...AWKWARD]) {
  Deno.test(`exp() and its gradient match the oracle for ${n} elements`, () =>
    checkOp({ device, inputs: [[n]], run: (x) => exp(x), oracle: (x) => x.map(Math.exp) }));
}
