import { deepStrictEqual, ok } from "node:assert/strict";
import { Tape } from "../../src/autograd/tape.ts";
import { addInto } from "../../src/ops/add_into.ts";
import { scale } from "../../src/ops/affine.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { quickGelu } from "../../src/ops/quick_gelu.ts";
import { sum } from "../../src/ops/reduce.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { normals } from "../oracle/check.ts";
import { freshDevice } from "../gpu/fresh.ts";

Deno.test("200 training steps leave memory where step 10 had it, and the loss falls", async () => {
  using device = await freshDevice();
  using weight = tensor(device, normals(24 * 12, 1), [24, 12]);
  using bias = tensor(device, normals(12, 2), [12]);
  const losses: number[] = [];
  let tenth;
  for (let step = 1; step <= 200; step++) {
    using _scope = new Scope(device);
    // A new batch each step: uploads must recycle, too.
    const x = tensor(device, normals(10 * 24, step % 5), [10, 24]);
    using tape = new Tape();
    tape.watch(weight, bias);
    const loss = tape.run(() => sum(quickGelu(matmul(x, weight, { bias }))));
    const [dw, db] = tape.backward(loss, [weight, bias]);
    addInto(weight, scale(dw!, -1e-3));
    addInto(bias, scale(db!, -1e-3));
    if (step % 50 === 0) losses.push((await loss.data())[0]);
    else device.submit();
    const { live, free, buffers } = device.memory;
    if (step === 10) tenth = { live, free, buffers };
    if (step % 10 === 0) deepStrictEqual({ live, free, buffers }, tenth, `step ${step}`);
  }
  ok(losses.every((loss, i) => i === 0 || loss < losses[i - 1]), String(losses));
});
