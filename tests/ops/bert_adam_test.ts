import { deepStrictEqual, ok, throws } from "node:assert/strict";
import type { Device } from "../../src/gpu/device.ts";
import { bertAdam, type BertAdamRate, type BertAdamUpdate } from "../../src/ops/bert_adam.ts";
import { sumSquares } from "../../src/ops/global_norm.ts";
import { bertAdamMultiplier, type BertAdamSchedule } from "../../src/optim/schedule.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { close, normals } from "../oracle/check.ts";

const RATE: BertAdamRate = { lr: 0.05, schedule: "warmup_cosine", total: 20, warmup: 0.1 };
const UPDATE: BertAdamUpdate = {
  index: 1,
  gradient: 0,
  rate: RATE,
  weightDecay: 0.2,
  betas: [0.9, 0.98],
  eps: 1e-6,
  maxNorm: 1,
};

/** The update in float64, on p, m, v in place. */
function oracle([p, m, v]: Float64Array[], grad: Float32Array, coefficient: number, step: number) {
  const { rate, weightDecay, betas: [b1, b2], eps, maxNorm } = UPDATE;
  const norm = coefficient * Math.hypot(...grad);
  const c = coefficient * Math.min(1, maxNorm / (norm + 1e-6));
  const lr = rate.lr * bertAdamMultiplier(rate.schedule, step / rate.total, rate.warmup);
  for (let i = 0; i < p.length; i++) {
    m[i] = b1 * m[i] + (1 - b1) * c * grad[i];
    v[i] = b2 * v[i] + (1 - b2) * (c * grad[i]) ** 2;
    p[i] -= lr * (m[i] / (Math.sqrt(v[i]) + eps) + weightDecay * p[i]);
  }
}

/** A step over one gradient, which stands for the second of three parameters. */
function stepOf(grad: Tensor, count: Tensor<"u32">, coefficient = 1, finite = true) {
  const on = grad.device;
  const clip = tensor(on, Float32Array.of(2, coefficient, finite ? 1 : 0, 0));
  return { clip, squares: sumSquares([grad]), count, factors: zeros(on, "f32", [3, 2]) };
}

const CASES: [Device, number][] = [0, ...AWKWARD].map((n) => [device, n]);

for (const [on, n] of [...CASES, [twoGroups, 5003] as const]) {
  const how = on === device ? "" : " on two workgroups";
  Deno.test(`bertAdam() follows the oracle for five steps over ${n} elements${how}`, async () => {
    using _scope = new Scope(on);
    const state = [tensor(on, normals(n, 1)), zeros(on, "f32", [n]), zeros(on, "f32", [n])];
    const expected = [normals(n, 1), new Float32Array(n), new Float32Array(n)]
      .map((x) => Float64Array.from(x));
    const [param, m, v] = state, count = zeros(on, "u32", [3]);
    // Gradients above and below the norm at which they are clipped by themselves.
    for (const [step, coefficient] of [0.375, 1, 1e-3, 0.5, 1e-4].entries()) {
      const grad = tensor(on, normals(n, 10 + step));
      bertAdam({ param, grad, m, v }, stepOf(grad, count, coefficient), UPDATE);
      oracle(expected, normals(n, 10 + step), coefficient, step);
    }
    for (const [i, what] of ["param", "m", "v"].entries()) {
      close(await state[i].data() as Float32Array, expected[i], 2e-6, what);
    }
    deepStrictEqual([...await count.data()], [0, 5, 0]);
  });
}

Deno.test("bertAdam() takes the schedule's rate to 1e-6, also past the end of the run", async () => {
  const schedules: BertAdamSchedule[] = ["warmup_cosine", "warmup_constant", "warmup_linear"];
  for (const [total, warmup] of [[20, 0.1], [7.5, 0.3], [1760, 1 / 3], [3, -1], [4, 1]] as const) {
    for (const schedule of schedules) {
      // The original divides by zero where the run is all warm-up, and linear after it.
      const last = warmup === 1 && schedule === "warmup_linear" ? total - 1 : 2.5 * total;
      for (const at of [0, 0.1, 0.3, 1 / 3, 0.5, 0.9, 1, 1.5, 2, 2.5]) {
        const step = Math.ceil(at * total);
        if (step > last) continue;
        using _scope = new Scope(device);
        const grad = tensor(device, Float32Array.of(0.5));
        const [param, m, v] = [1, 2, 3].map(() => tensor(device, Float32Array.of(0)));
        const parts = stepOf(grad, tensor(device, Uint32Array.of(0, step, 0)));
        const rate = { lr: 1, schedule, total, warmup };
        bertAdam({ param, grad, m, v }, parts, { ...UPDATE, rate });
        const found = (await parts.factors.data())[2];
        const expected = bertAdamMultiplier(schedule, step / total, warmup);
        const what = `${schedule}, ${warmup} of ${total}, step ${step}: ${found}, not ${expected}`;
        ok(Math.abs(found - expected) < 1e-6, what);
      }
    }
  }
});

Deno.test("bertAdam() changes and counts nothing where the norm of all gradients is not finite", async () => {
  using _scope = new Scope(device);
  const [param, m, v] = [1, 2, 3].map((seed) => tensor(device, normals(7, seed)));
  const grad = tensor(device, Float32Array.of(1, NaN, 0, 0, 0, 0, 0));
  const count = tensor(device, Uint32Array.of(1, 2, 3));
  bertAdam({ param, grad, m, v }, stepOf(grad, count, NaN, false), UPDATE);
  for (const [i, x] of [param, m, v].entries()) {
    deepStrictEqual(await x.data(), normals(7, i + 1));
  }
  deepStrictEqual([...await count.data()], [1, 2, 3]);
});

Deno.test("bertAdam() refuses tensors of different shapes", () => {
  using _scope = new Scope(device);
  const [param, m, v] = [1, 2, 3].map((seed) => tensor(device, normals(7, seed)));
  const grad = tensor(device, normals(8, 4));
  const step = stepOf(grad, zeros(device, "u32", [3]));
  throws(() => bertAdam({ param, grad, m, v }, step, UPDATE), /\[7\].*\[8\]/);
});
