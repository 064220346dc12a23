import { deepStrictEqual, ok, throws } from "node:assert/strict";
import type { Device } from "../../src/gpu/device.ts";
import { adamw, type AdamWTensors, beginStep, type Betas } from "../../src/ops/adamw.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { close, normals } from "../oracle/check.ts";

const BETAS: Betas = [0.9, 0.98];
const OPTIONS = { lr: 0.05, weightDecay: 0.2, eps: 1e-6 };
const COEFFICIENT = 0.375;

/** PyTorch's update in float64, on p, m, v in place. */
function oracle(p: Float64Array, m: Float64Array, v: Float64Array, grad: Float32Array, t: number) {
  const { lr, weightDecay, eps } = OPTIONS, [b1, b2] = BETAS;
  for (let i = 0; i < p.length; i++) {
    const g = COEFFICIENT * grad[i];
    p[i] *= 1 - lr * weightDecay;
    m[i] = b1 * m[i] + (1 - b1) * g;
    v[i] = b2 * v[i] + (1 - b2) * g * g;
    p[i] -= lr / (1 - b1 ** t) * m[i] / (Math.sqrt(v[i]) / Math.sqrt(1 - b2 ** t) + eps);
  }
}

/** What `globalNorm` leaves, of a finite norm or of an infinite one. */
function clipOf(on: Device, finite: boolean): Tensor<"f32"> {
  return tensor(on, Float32Array.of(finite ? 2 : Infinity, COEFFICIENT, finite ? 1 : 0, 0));
}

function start(on: Device, n: number, grad = normals(n, 2)): AdamWTensors {
  return {
    param: tensor(on, normals(n, 1)),
    grad: tensor(on, grad),
    m: zeros(on, "f32", [n]),
    v: zeros(on, "f32", [n]),
  };
}

async function floats(x: Tensor): Promise<Float32Array> {
  return await x.data() as Float32Array;
}

const CASES: [Device, number][] = [0, ...AWKWARD].map((n) => [device, n]);

for (const [on, n] of [...CASES, [twoGroups, 5003] as const]) {
  const how = on === device ? "" : " on two workgroups";
  Deno.test(`adamw() follows the oracle for five steps over ${n} elements${how}`, async () => {
    using _scope = new Scope(on);
    const { param, m, v } = start(on, n);
    const expected = [normals(n, 1), new Float32Array(n), new Float32Array(n)]
      .map((x) => Float64Array.from(x));
    const count = zeros(on, "u32", [1]);
    for (let t = 1; t <= 5; t++) {
      const grad = normals(n, 10 + t);
      const step = beginStep(count, clipOf(on, true), BETAS);
      adamw({ param, grad: tensor(on, grad), m, v }, step, OPTIONS);
      oracle(expected[0], expected[1], expected[2], grad, t);
    }
    close(await floats(param), expected[0], 1e-6, "param");
    close(await floats(m), expected[1], 1e-6, "m");
    close(await floats(v), expected[2], 1e-6, "v");
  });
}

Deno.test("beginStep() corrects the bias to 5e-7 at any step", async () => {
  for (const betas of [[0.9, 0.98], [0.9, 0.999], [0, 0.5], [0.99, 0.99999]] as const) {
    for (const t of [1, 2, 3, 7, 100, 12_345, 1_000_000]) {
      using _scope = new Scope(device);
      const count = tensor(device, Uint32Array.of(t - 1));
      const { corrections } = beginStep(count, clipOf(device, true), betas);
      const actual = await corrections.data();
      [1 - betas[0] ** t, Math.sqrt(1 - betas[1] ** t)].forEach((expected, i) => {
        const error = Math.abs(actual[i] / expected - 1);
        ok(error <= 5e-7, `betas ${betas}, t ${t}: ${actual[i]}, not ${expected}`);
      });
    }
  }
});

Deno.test("adamw() changes nothing in a step whose norm is not finite, and does not count it", async () => {
  using _scope = new Scope(device);
  const n = 33;
  const bad = start(device, n, normals(n, 2).fill(NaN, 7, 8));
  const good = start(device, n);
  const [count, expectedCount] = [zeros(device, "u32", [1]), zeros(device, "u32", [1])];
  adamw(bad, beginStep(count, clipOf(device, false), BETAS), OPTIONS);
  deepStrictEqual(await bad.param.data(), normals(n, 1));
  deepStrictEqual(await bad.m.data(), new Float32Array(n));
  deepStrictEqual(await bad.v.data(), new Float32Array(n));
  deepStrictEqual(await count.data(), Uint32Array.of(0));

  // The step after it is the first: the same bits as if the bad one had not been.
  adamw({ ...bad, grad: good.grad }, beginStep(count, clipOf(device, true), BETAS), OPTIONS);
  adamw(good, beginStep(expectedCount, clipOf(device, true), BETAS), OPTIONS);
  deepStrictEqual(await bad.param.data(), await good.param.data());
  deepStrictEqual(await count.data(), Uint32Array.of(1));
});

Deno.test("adamw() refuses tensors of different shapes", () => {
  using _scope = new Scope(device);
  const step = beginStep(zeros(device, "u32", [1]), clipOf(device, true), BETAS);
  const odd = { ...start(device, 8), grad: zeros(device, "f32", [2, 4]) };
  throws(() => adamw(odd, step, OPTIONS), /adamw: a parameter \[8\] with a tensor \[2,4\]/);
});
