import { deepStrictEqual, notDeepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
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
    rule: { name, rateFactor: i === 0 ? 0.1 : 1, weightDecay: 0.2 },
    tensor: tensor(device, normals(5, i + 1)),
  }));
}

function close(found: number, expected: number) {
  ok(Math.abs(found - expected) < 1e-12, `${found}, not ${expected}`);
}

Deno.test("the schedule goes by the updates of each parameter, of which a missing gradient is none", async () => {
  using _scope = new Scope(device);
  using optimizer = new BertAdam(device, parameters(), OPTIONS);
  const [a, b] = optimizer.parameters;
  const start = [await a.tensor.data(), await b.tensor.data()];
  for (let step = 0; step < 4; step++) {
    const gradient = tensor(device, normals(5, 10 + step));
    optimizer.step([gradient, step % 2 ? gradient : undefined], 0.05);
    // At rate 0 an update changes the moments only.
    if (step === 0) deepStrictEqual(await a.tensor.data(), start[0]);
    else notDeepStrictEqual(await a.tensor.data(), start[0]);
    if (step < 3) deepStrictEqual(await b.tensor.data(), start[1]);
  }
  notDeepStrictEqual(await b.tensor.data(), start[1]);
  deepStrictEqual(await optimizer.updates(), { a: 4, b: 2 });
});

Deno.test("a step without finite gradients changes and counts nothing", async () => {
  using _scope = new Scope(device);
  const whole = parameters(), disturbed = parameters();
  using first = new BertAdam(device, whole, OPTIONS);
  using second = new BertAdam(device, disturbed, OPTIONS);
  const bad = tensor(device, Float32Array.of(0, 0, Infinity, 0, 0));
  for (let step = 0; step < 3; step++) {
    const gradients = [1, 2].map((i) => tensor(device, normals(5, 10 * step + i)));
    first.step(gradients, 0.05);
    second.step([gradients[0], bad], 0.05);
    second.step(gradients, 0.05);
  }
  deepStrictEqual(await second.updates(), await first.updates());
  for (const [i, { tensor }] of whole.entries()) {
    deepStrictEqual(await disturbed[i].tensor.data(), await tensor.data());
  }
});

Deno.test("the log shows the rate of the update to come, and 0 before the first", async () => {
  using _scope = new Scope(device);
  using optimizer = new BertAdam(device, parameters(), OPTIONS);
  const good = tensor(device, normals(5, 1)), bad = tensor(device, normals(5, 1).fill(NaN));
  strictEqual(await optimizer.loggedRate(), 0);
  optimizer.step([bad, good], 0.05);
  strictEqual(await optimizer.loggedRate(), 0);
  optimizer.step([undefined, good], 0.05);
  close(await optimizer.loggedRate(), 0.05 * 0.5);
  optimizer.step([good, good], 0.05);
  close(await optimizer.loggedRate(), 0.1 * 0.05 * 0.5);
  optimizer.step([good, undefined], 0.05);
  close(await optimizer.loggedRate(), 0.1 * 0.05 * 0.5 * (1 + Math.cos(Math.PI * 2 / 20)));
});

Deno.test("a run of -1 updates has a steady rate from the start", async () => {
  using _scope = new Scope(device);
  using optimizer = new BertAdam(device, parameters(), { ...OPTIONS, total: -1 });
  const [{ tensor: a }] = optimizer.parameters, before = await a.data();
  optimizer.step([tensor(device, normals(5, 1)), undefined], 0.05);
  notDeepStrictEqual(await a.data(), before);
  close(await optimizer.loggedRate(), 0.1 * 0.05);
  throws(() => new BertAdam(device, [], { ...OPTIONS, total: 0 }), /0 updates in all/);
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
  deepStrictEqual(await after.updates(), { a: 6, b: 6 });
});

Deno.test("counts of another optimiser, or of other parameters, are refused", () => {
  using _scope = new Scope(device);
  using bert = new BertAdam(device, parameters(), OPTIONS);
  using adamw = new AdamW(device, parameters(), { beta1: 0.9, beta2: 0.98, eps: 1e-6, maxNorm: 1 });
  throws(() => bert.resume(7), UserError);
  throws(() => bert.resume({ a: 7 }), UserError);
  throws(() => bert.resume({ a: 7, b: -1 }), UserError);
  throws(() => adamw.resume({ a: 7 }), /not made with --optim AdamW/);
});
