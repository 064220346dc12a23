import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { UserError } from "../../src/errors.ts";
import { AdamW } from "../../src/optim/adamw.ts";
import { BertAdam } from "../../src/optim/bert_adam.ts";
import { LossScale } from "../../src/optim/loss_scale.ts";
import type { Optimizer } from "../../src/optim/optimizer.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { normals } from "../oracle/check.ts";

const SIZES = [33, 5];

const OPTIMIZERS: Readonly<Record<string, () => Optimizer>> = {
  AdamW: () => new AdamW(device, parameters(), { beta1: 0.9, beta2: 0.98, eps: 1e-6, maxNorm: 1 }),
  // Its own clip acts too: each gradient alone is longer than 0.25.
  BertAdam: () =>
    new BertAdam(device, parameters(), { total: 20, warmup: 0.1, maxNorm: 1, ownMaxNorm: 0.25 }),
};

function parameters() {
  return SIZES.map((size, i) => ({
    rule: { name: `${i}`, rateFactor: 1, weightDecay: 0.2 },
    tensor: tensor(device, normals(size, i + 1)),
  }));
}

/** Gradients of a step, times a factor. */
function gradients(step: number, factor = 1) {
  return SIZES.map((size, i) =>
    tensor(device, normals(size, 10 * step + i).map((v) => factor * v))
  );
}

/** All that a step may change. */
async function everything(optimizer: Optimizer) {
  const { parameters, moments: { averages, squares } } = optimizer;
  const tensors = [
    ...parameters.map(({ tensor }) => tensor),
    ...averages.values(),
    ...squares.values(),
  ];
  return [await optimizer.updates(), ...await Promise.all(tensors.map((x) => x.data()))];
}

for (const [name, make] of Object.entries(OPTIMIZERS)) {
  Deno.test(`${name} takes a loss scale out of its gradients, bit for bit where it is a power of two`, async () => {
    using _scope = new Scope(device);
    using plain = make(), scaled = make();
    for (const [step, factor] of [2 ** 16, 2 ** 15, 1, 2 ** -20, 2 ** 40].entries()) {
      const scale = tensor(device, Float32Array.of(factor));
      const clip = plain.step(gradients(step), 0.05);
      const found = await scaled.step(gradients(step, factor), 0.05, scale).data();
      const [norm, coefficient, ...rest] = await clip.data();
      deepStrictEqual([...found], [norm, coefficient / factor, ...rest]);
    }
    deepStrictEqual(await everything(scaled), await everything(plain));
  });

  Deno.test(`${name} leaves all as it is where a gradient overflows, and the scale halves`, async () => {
    using _scope = new Scope(device);
    using optimizer = make(), lossScale = new LossScale(device);
    const take = (planted: Float32Array<ArrayBuffer>) => {
      const [first] = gradients(7, 65536);
      const { scale } = lossScale;
      lossScale.update(optimizer.step([first, tensor(device, planted)], 0.05, scale));
    };
    take(normals(5, 3));
    deepStrictEqual(await lossScale.state(), { scale: 65536, good: 1 });
    const before = await everything(optimizer);
    take(Float32Array.of(1, 2, -Infinity, 3, 4));
    take(Float32Array.of(1, 2, 3, 4, NaN));
    deepStrictEqual(await everything(optimizer), before);
    deepStrictEqual(await lossScale.state(), { scale: 16384, good: 0 });
  });
}

Deno.test("a loss scale doubles after good steps in a row, and goes on from a saved state", async () => {
  using _scope = new Scope(device);
  const good = tensor(device, Float32Array.of(1, 1, 1, 0));
  using lossScale = new LossScale(device, { initial: 8, interval: 3 });
  for (let step = 0; step < 5; step++) lossScale.update(good);
  const state = await lossScale.state();
  deepStrictEqual(state, { scale: 16, good: 2 });
  using resumed = new LossScale(device, { interval: 3 });
  resumed.resume(JSON.parse(JSON.stringify(state)));
  for (const one of [lossScale, resumed]) one.update(good);
  deepStrictEqual(await resumed.state(), await lossScale.state());
  deepStrictEqual(await resumed.state(), { scale: 32, good: 0 });
});

Deno.test("a damaged state of a loss scale is refused", () => {
  using lossScale = new LossScale(device);
  const damaged = [null, 7, {}, { scale: 0, good: 0 }, { scale: 1 }, { scale: 1, good: -1 }];
  for (const state of damaged) throws(() => lossScale.resume(state), UserError);
});

Deno.test("a loss scale gives its memory back", () => {
  const { buffers } = device.memory;
  {
    using _lossScale = new LossScale(device);
    strictEqual(device.memory.buffers, buffers + 2);
  }
  strictEqual(device.memory.buffers, buffers);
});
