import assert from "node:assert/strict";
import {
  bertAdamMultiplier,
  type BertAdamSchedule,
  type Decay,
  learningRate,
  LOGIT_SCALE_RANGE,
  totalSteps,
} from "../../src/optim/schedule.ts";

// Expected values: the original's scheduler and optimiser, run over 100 steps at a base rate of 0.005.

Deno.test("each decay of AdamW's rate follows the original's curve, with and without warm-up", () => {
  const expected: [kind: "cos" | "poly" | "HTD", warmup: number, step: number, rate: number][] = [
    ["cos", 0, 0, 0.005],
    ["cos", 0, 1, 0.0049987664009143295],
    ["cos", 0, 99, 1.233599085671e-6],
    ["cos", 10, 11, 0.004998477067547739],
    ["cos", 12.5, 74, 0.0010124420097449077],
    ["poly", 0, 50, 0.0026794336563407328],
    ["poly", 12.5, 99, 8.936403224901758e-5],
    ["HTD", 0, 0, 0.004999969279126989],
    ["HTD", 10, 60, 0.0044039853898894124],
    ["HTD", 12.5, 99, 1.5178306415039312e-5],
  ];
  for (const [kind, warmup, step, rate] of expected) {
    const found = learningRate(step, { base: 0.005, total: 100, warmup, decay: { kind } });
    assert.equal(found, rate, `${kind}, warm-up ${warmup}, step ${step}`);
  }
});

Deno.test("the warm-up starts at 1e-8, ends at the base rate, and may last a fraction of a step", () => {
  const rate = (step: number, warmup: number) =>
    learningRate(step, { base: 0.005, total: 100, warmup });
  assert.equal(rate(0, 10), 1e-8);
  assert.equal(rate(1, 10), 0.000500009);
  assert.equal(rate(10, 10), 0.005);
  assert.equal(rate(12, 12.5), 0.0048000004);
});

Deno.test("the rate never falls below 1e-8 and stays there past the end of the run", () => {
  for (const kind of ["cos", "poly"] as const) {
    for (const step of [100, 101, 250]) {
      assert.equal(
        learningRate(step, { base: 0.005, total: 100, warmup: 10, decay: { kind } }),
        1e-8,
      );
    }
  }
});

Deno.test("a warm-up as long as the run has no division by zero behind it", () => {
  assert.equal(learningRate(100, { base: 0.005, total: 100, warmup: 100 }), 0.005);
  assert.equal(learningRate(101, { base: 0.005, total: 100, warmup: 100 }), 1e-8);
});

Deno.test("step decay drops to a tenth at each milestone, or at a constant distance", () => {
  const rates = (decay: Decay) =>
    Array.from({ length: 10 }, (_, step) => learningRate(step, { base: 0.1, total: 10, decay }));
  const [a, b, c, d] = [0.1, 0.010000000000000002, 0.0010000000000000002, 0.00010000000000000003];
  assert.deepEqual(rates({ kind: "step", at: 3 }), [a, a, a, b, b, b, c, c, c, d]);
  assert.deepEqual(rates({ kind: "step", at: [3, 6] }), [a, a, a, b, b, b, c, c, c, c]);
  // In epochs of two steps and a half.
  const epochs = { kind: "step", epochSteps: 2.5 } as const;
  assert.deepEqual(rates({ ...epochs, at: 2 }), [a, a, a, a, a, b, b, b, b, b]);
  assert.deepEqual(rates({ ...epochs, at: [1, 3] }), [a, a, a, b, b, b, b, b, c, c]);
});

Deno.test("BertAdam's multipliers follow the original's tables", () => {
  const expected: [BertAdamSchedule, warmup: number, x: number, factor: number][] = [
    ["warmup_cosine", 0.1, 0, 0],
    ["warmup_cosine", 0.1, 0.01, 0.09999999999999999],
    ["warmup_cosine", 0.1, 0.1, 0.9755282581475768],
    ["warmup_cosine", 0.1, 0.5, 0.5],
    ["warmup_cosine", 0.1, 0.98, 0.0009866357858642205],
    ["warmup_cosine", -1, 0, 1],
    ["warmup_constant", 0.1, 0.05, 0.5],
    ["warmup_constant", 0.1, 0.1, 1],
    ["warmup_linear", 0.1, 0.1, 1],
    ["warmup_linear", 0.1, 0.98, 0.02222222222222224],
    ["warmup_linear", -1, 0, 0.5],
  ];
  for (const [schedule, warmup, x, factor] of expected) {
    assert.equal(bertAdamMultiplier(schedule, x, warmup), factor, `${schedule}, ${warmup}, ${x}`);
  }
  assert.equal(bertAdamMultiplier("warmup_linear", 1.5, 0.1), 0, "past the end");
});

Deno.test("the total of steps divides truly, so that it may be fractional", () => {
  const steps = (batches: number, accumulation: number, epochs: number) =>
    totalSteps({ batches, accumulation, epochs });
  assert.equal(steps(100, 1, 5), 500);
  assert.equal(steps(101, 2, 5), 255);
  assert.equal(steps(7, 3, 2), 6);
  assert.equal(steps(1405, 4, 5), 1760);
  assert.equal(steps(100, 3, 1), 34);
  assert.equal(steps(100, 8, 1), 13.375);
});

Deno.test("the logit scale's bounds allow a factor of just 100", () => {
  assert.deepEqual(LOGIT_SCALE_RANGE, [0.1, 4.6052]);
  assert.ok(Math.abs(Math.exp(LOGIT_SCALE_RANGE[1]) - 100) < 0.003);
});
