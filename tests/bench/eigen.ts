/**
 * The eigenproblems that are timed, and how well they are solved.
 *
 * @module
 */
import type { Device } from "../../src/gpu/device.ts";
import { smallestEigenvectors } from "../../src/ops/eigen.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { laplacian } from "../ops/eigen_matrices.ts";
import { type EigenErrors, eigenErrors } from "../oracle/eigen.ts";
import type { EigenRow } from "./rows.ts";

/** The matrices of a row, [matrices, n, n]. */
export function laplacians({ matrices, n }: EigenRow): Float32Array<ArrayBuffer> {
  const data = new Float32Array(matrices * n * n);
  for (let b = 0; b < matrices; b++) data.set(laplacian(n, { seed: b }), b * n * n);
  return data;
}

/** The largest errors among the matrices of a row. */
export async function accuracyOf(device: Device, row: EigenRow): Promise<EigenErrors> {
  using _scope = new Scope(device);
  const { matrices, n, k } = row, data = laplacians(row);
  const found = smallestEigenvectors(tensor(device, data, [matrices, n, n]), k);
  const [values, vectors] = await Promise.all([
    found.values.data() as Promise<Float32Array>,
    found.vectors.data() as Promise<Float32Array>,
  ]);
  const part = (all: Float32Array, b: number) =>
    all.subarray(b * all.length / matrices, (b + 1) * all.length / matrices);
  const errors = Array.from({ length: matrices }, (_, b) => {
    const solution = { values: part(values, b), vectors: part(vectors, b) };
    return eigenErrors(part(data, b), n, solution);
  });
  return {
    residual: Math.max(...errors.map(({ residual }) => residual)),
    orthogonality: Math.max(...errors.map(({ orthogonality }) => orthogonality)),
  };
}
