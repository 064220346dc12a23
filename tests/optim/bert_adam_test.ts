import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { UserError } from "../../src/errors.ts";
import { AdamW } from "../../src/optim/adamw.ts";
import { BertAdam } from "../../src/optim/bert_adam.ts";
import type { Trainable } from "../../src/optim/optimizer.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { normals } from "../oracle/check.ts";

const OPTIONS = { total: 20, warmup: 0.1, maxNorm: 1 };

function parameters(): Trainable[] {
  return ["a", "b"].map((name, i) => ({
    rule: { name, rateFactor: 1, weightDecay: 0.2 },
    tensor: tensor(device, normals(5, i + 1)),
  }));
}

Deno.test("the schedule goes by the updates of each parameter, of which a missing gradient is none", async () => {
  using _scope = new Scope(device);
  using optimizer = new BertAdam(device, parameters(), OPTIONS);
  for (let step = 0; step < 4; step++) {
    const gradient = tensor(device, normals(5, 10 + step));
    optimizer.step([gradient, step % 2 ? gradient : undefined], 0.05);
  }
  deepStrictEqual(await optimizer.updates(), { a: 4, b: 2 });
  strictEqual(optimizer.multiplier("b"), 0.5 * (1 + Math.cos(Math.PI * 2 / 20)));
  strictEqual(optimizer.multiplier("never"), 0);
});

Deno.test("a resumed optimiser goes on bit for bit", async () => {
  using _scope = new Scope(device);
  const whole = parameters(), parts = parameters();
  using first = new BertAdam(device, whole, OPTIONS);
  using before = new BertAdam(device, parts, OPTIONS);
  using after = new BertAdam(device, parts, OPTIONS);
  for (let step = 0; step < 6; step++) {
    if (step === 3) {
      after.resume(JSON.parse(JSON.stringify(await before.updates())));
      for (const kind of ["averages", "squares"] as const) {
        for (const [name, saved] of before.moments[kind]) {
          device.copy(saved, 0, after.moments[kind].get(name)!, 0, saved.size * 4);
        }
      }
    }
    const gradients = [1, 2].map((i) => tensor(device, normals(5, 10 * step + i)));
    first.step(gradients, 0.05);
    (step < 3 ? before : after).step(gradients, 0.05);
  }
  for (const [i, { tensor }] of whole.entries()) {
    deepStrictEqual(await parts[i].tensor.data(), await tensor.data());
  }
});

Deno.test("counts of another optimiser are refused", () => {
  using _scope = new Scope(device);
  using bert = new BertAdam(device, parameters(), OPTIONS);
  using adamw = new AdamW(device, parameters(), { beta1: 0.9, beta2: 0.98, eps: 1e-6, maxNorm: 1 });
  throws(() => bert.resume(7), UserError);
  throws(() => adamw.resume({ a: 7 }), /not made with --optim AdamW/);
});
