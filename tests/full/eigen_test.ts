import { deepStrictEqual, ok } from "node:assert/strict";
import { smallestEigenvectors } from "../../src/ops/eigen.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { HOSTILE, laplacian, type Matrix } from "../ops/eigen_matrices.ts";
import { eigenErrors } from "../oracle/eigen.ts";

/** Fails unless all eigenvectors are within 1e-5, relative to the norm, and the first k the same alone. */
async function solves(a: Matrix, n: number, k: number, what: string): Promise<void> {
  using _scope = new Scope(device);
  const matrix = tensor(device, a, [1, n, n]);
  const solve = async (k: number) => {
    const found = smallestEigenvectors(matrix, k);
    return {
      values: await found.values.data() as Float32Array,
      vectors: await found.vectors.data() as Float32Array,
    };
  };
  const all = await solve(n), some = await solve(k);
  // All vectors, orthonormal: nothing is smaller than the first values.
  const { residual, orthogonality } = eigenErrors(a, n, all);
  const size = Math.max(-all.values[0], all.values[n - 1]) || 1;
  ok(residual <= 1e-5 * size, `${what}: residual ${residual} of ${size}`);
  ok(orthogonality <= 1e-5, `${what}: orthogonality ${orthogonality}`);
  ok(all.values.every((value, i) => i === 0 || value >= all.values[i - 1]), what);
  deepStrictEqual(some.values, all.values.slice(0, k));
  const errors = eigenErrors(a, n, some);
  ok(errors.residual <= 1e-5 * size && errors.orthogonality <= 1e-5, `${what}: first ${k}`);
}

for (const [n, k] of [[98, 49], [196, 49], [392, 160], [588, 160], [1024, 256]]) {
  Deno.test(`smallestEigenvectors() solves Laplacians of ${n} nodes`, () =>
    solves(laplacian(n), n, k, `n = ${n}`));
}

Deno.test("smallestEigenvectors() solves large hostile matrices", async () => {
  for (const [name, make] of Object.entries(HOSTILE)) {
    for (const n of [196, 401]) await solves(make(n), n, n >> 2, `${name}, n = ${n}`);
  }
});
