import { deepStrictEqual, throws } from "node:assert/strict";
import type { Device } from "../../src/gpu/device.ts";
import { bertAdam, type BertAdamUpdate } from "../../src/ops/bert_adam.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { close, normals } from "../oracle/check.ts";

const UPDATE: BertAdamUpdate = {
  lr: 0.05,
  weightDecay: 0.2,
  betas: [0.9, 0.98],
  eps: 1e-6,
  maxNorm: 1,
};

/** The update in float64, on p, m, v in place. */
function oracle(
  [p, m, v]: Float64Array[],
  grad: Float32Array,
  coefficient: number,
) {
  const { lr, weightDecay, betas: [b1, b2], eps, maxNorm } = UPDATE;
  const norm = coefficient * Math.hypot(...grad);
  const c = coefficient * Math.min(1, maxNorm / (norm + 1e-6));
  for (let i = 0; i < p.length; i++) {
    m[i] = b1 * m[i] + (1 - b1) * c * grad[i];
    v[i] = b2 * v[i] + (1 - b2) * (c * grad[i]) ** 2;
    p[i] -= lr * (m[i] / (Math.sqrt(v[i]) + eps) + weightDecay * p[i]);
  }
}

function clipOf(on: Device, coefficient: number, finite = true): Tensor<"f32"> {
  return tensor(on, Float32Array.of(2, coefficient, finite ? 1 : 0, 0));
}

const CASES: [Device, number][] = [0, ...AWKWARD].map((n) => [device, n]);

for (const [on, n] of [...CASES, [twoGroups, 5003] as const]) {
  const how = on === device ? "" : " on two workgroups";
  Deno.test(`bertAdam() follows the oracle for five steps over ${n} elements${how}`, async () => {
    using _scope = new Scope(on);
    const state = [tensor(on, normals(n, 1)), zeros(on, "f32", [n]), zeros(on, "f32", [n])];
    const expected = [normals(n, 1), new Float32Array(n), new Float32Array(n)]
      .map((x) => Float64Array.from(x));
    const [param, m, v] = state;
    // Gradients above and below the norm at which they are clipped by themselves.
    for (const [t, coefficient] of [0.375, 1, 1e-3, 0.5, 1e-4].entries()) {
      const grad = normals(n, 10 + t);
      bertAdam({ param, grad: tensor(on, grad), m, v }, clipOf(on, coefficient), UPDATE);
      oracle(expected, grad, coefficient);
    }
    for (const [i, what] of ["param", "m", "v"].entries()) {
      close(await state[i].data() as Float32Array, expected[i], 2e-6, what);
    }
  });
}

Deno.test("bertAdam() changes nothing where the norm of all gradients is not finite", async () => {
  using _scope = new Scope(device);
  const [param, m, v] = [1, 2, 3].map((seed) => tensor(device, normals(7, seed)));
  const grad = tensor(device, Float32Array.of(1, NaN, 0, 0, 0, 0, 0));
  bertAdam({ param, grad, m, v }, clipOf(device, NaN, false), UPDATE);
  for (const [i, x] of [param, m, v].entries()) {
    deepStrictEqual(await x.data(), normals(7, i + 1));
  }
});

Deno.test("bertAdam() refuses tensors of different shapes", () => {
  using _scope = new Scope(device);
  const [param, m, v] = [1, 2, 3].map((seed) => tensor(device, normals(7, seed)));
  const grad = tensor(device, normals(8, 4));
  throws(() => bertAdam({ param, grad, m, v }, clipOf(device, 1), UPDATE), /\[7\].*\[8\]/);
});
