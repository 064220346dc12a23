import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import type { Device } from "../../src/gpu/device.ts";
import { smallestEigenvectors } from "../../src/ops/eigen.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { gpuGeometry, twoGroups } from "../gpu_geometry.ts";
import { eigenErrors, jacobi, type Solution } from "../oracle/eigen.ts";
import { repeatsBits } from "../oracle/repeat.ts";
import { HOSTILE, laplacian, type Matrix, normal } from "./eigen_matrices.ts";

const LIMIT = 1e-5;

/** Solves a batch and reads what comes out, an entry a matrix. */
async function solve(matrices: readonly Matrix[], n: number, k: number, target: Device = device) {
  using _scope = new Scope(target);
  const data = new Float32Array(matrices.length * n * n);
  matrices.forEach((matrix, b) => data.set(matrix, b * n * n));
  const found = smallestEigenvectors(tensor(target, data, [matrices.length, n, n]), k);
  deepStrictEqual([...found.values.shape, ...found.vectors.shape], [
    matrices.length,
    k,
    matrices.length,
    n,
    k,
  ]);
  const [values, vectors] = await Promise.all([found.values.data(), found.vectors.data()]);
  return matrices.map((_, b) => ({
    values: values.subarray(b * k, (b + 1) * k) as Matrix,
    vectors: vectors.subarray(b * n * k, (b + 1) * n * k) as Matrix,
  }));
}

/** Fails unless A V = V diag(values), V' V = I and the values are the smallest. */
function solves(a: Matrix, n: number, solution: Solution, what: string): void {
  const { values } = solution, expected = jacobi(a, n).values;
  const size = Math.max(-expected[0], expected[n - 1]) || 1; // the norm of A
  const { residual, orthogonality } = eigenErrors(a, n, solution);
  ok(residual <= LIMIT * size, `${what}: residual ${residual} of ${size}`);
  ok(orthogonality <= LIMIT, `${what}: orthogonality ${orthogonality}`);
  values.forEach((value, j) => {
    ok(j === 0 || value >= values[j - 1], `${what}: values do not ascend`);
    const error = Math.abs(value - expected[j]);
    ok(error <= LIMIT * size, `${what}: value ${j} is ${value}, not ${expected[j]}`);
  });
}

for (const [name, target] of [["", device], [" with a GPU's geometry", gpuGeometry]] as const) {
  Deno.test(`smallestEigenvectors() solves matrices of awkward sizes${name}`, async () => {
    for (const n of [1, 2, 4, ...AWKWARD]) {
      for (const k of new Set([1, Math.ceil(n / 3), n])) {
        const matrices = [normal(n), laplacian(n)];
        const found = await solve(matrices, n, k, target);
        matrices.forEach((a, b) => solves(a, n, found[b], `matrix ${b}, n = ${n}, k = ${k}`));
      }
    }
  });

  Deno.test(`smallestEigenvectors() solves hostile matrices${name}`, async () => {
    for (const n of [3, 33, 84]) {
      const names = Object.keys(HOSTILE), matrices = names.map((name) => HOSTILE[name](n));
      const found = await solve(matrices, n, n, target);
      matrices.forEach((a, b) => solves(a, n, found[b], `${names[b]}, n = ${n}`));
    }
  });
}

Deno.test("a batch gives the bits of its matrices alone, in one piece or in several", async () => {
  for (const [n, k] of [[9, 4], [33, 9]]) {
    const matrices = Array.from({ length: 5 }, (_, b) => normal(n, b));
    const together = await solve(matrices, n, k);
    deepStrictEqual(await solve(matrices, n, k), together);
    // Nine rows are few enough for two workgroups.
    if (n === 9) deepStrictEqual(await solve(matrices, n, k, twoGroups), together);
    for (const [b, matrix] of matrices.entries()) {
      deepStrictEqual(await solve([matrix], n, k), [together[b]]);
    }
  }
});

Deno.test("a matrix that is not finite gives NaN, and the others of its batch what they give alone", async () => {
  const n = 33, k = 5;
  const good = normal(n);
  for (const bad of [NaN, Infinity, -Infinity]) {
    for (const at of [0, n - 1, n * n - 1]) {
      const [found, other] = await solve([normal(n).fill(bad, at, at + 1), good], n, k);
      ok(found.values.every(isNaN) && found.vectors.every(isNaN), `${bad} at ${at}`);
      deepStrictEqual([other], await solve([good], n, k));
    }
  }
});

Deno.test("an empty batch gives empty tensors", async () =>
  deepStrictEqual(await solve([], 5, 2), []));

Deno.test("smallestEigenvectors() says what it cannot take", () => {
  using _scope = new Scope(device);
  const square = tensor(device, new Float32Array(2 * 9), [2, 3, 3]);
  for (const k of [0, 4, 1.5, NaN]) {
    throws(() => smallestEigenvectors(square, k), /RangeError: .*: k is .*, not 1 to 3/);
  }
  throws(() => smallestEigenvectors(square.reshape([3, 6]), 1), /\[3,6\] of f32 are no square/);
  throws(() => smallestEigenvectors(square.reshape([1, 2, 9]), 1), /\[1,2,9\] of f32/);
  const whole = tensor(device, new Int32Array(9), [1, 3, 3]);
  throws(() => smallestEigenvectors(whole as unknown as Tensor, 1), /of i32/);
});

Deno.test("smallestEigenvectors() repeats its bits in memory that held something else", async () => {
  for (const [n, k] of [[33, 7], [40, 40]]) {
    await repeatsBits(device, [[3, n, n]], (a) => smallestEigenvectors(a, k).vectors);
  }
});

Deno.test("smallestEigenvectors() leaves nothing behind", async () => {
  using _scope = new Scope(device);
  const a = tensor(device, normal(33), [1, 33, 33]);
  const before = device.memory.buffers;
  smallestEigenvectors(a, 5);
  strictEqual(device.memory.buffers, before + 2);
  await device.idle();
});

Deno.test("where the gap behind them is clear, the vectors span the space that they should", async () => {
  const n = 64, groups = 4;
  const a = laplacian(n, { joined: (i, j) => i % groups === j % groups });
  const [{ vectors }] = await solve([a], n, groups);
  // The zero eigenspace of the components: their nodes, weighted by the root of the degrees.
  const exact = jacobi(a, n).vectors;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let difference = 0;
      for (let q = 0; q < groups; q++) {
        difference += vectors[i * groups + q] * vectors[j * groups + q] -
          exact[i * n + q] * exact[j * n + q];
      }
      ok(Math.abs(difference) <= LIMIT, `projector at ${i}, ${j}: ${difference}`);
    }
  }
});
