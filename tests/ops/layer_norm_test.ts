import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Tape } from "../../src/autograd/tape.ts";
import { cast } from "../../src/ops/cast.ts";
import { layerNorm } from "../../src/ops/layer_norm.ts";
import type { Device } from "../../src/gpu/device.ts";
import type { FloatType } from "../../src/tensor/dtype.ts";
import { Scope } from "../../src/tensor/scope.ts";
import type { Shape } from "../../src/tensor/shape.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { gpuGeometry } from "../gpu_geometry.ts";
import { checkOp, normals } from "../oracle/check.ts";

function oracle(width: number, eps: number) {
  return (x: Float64Array, gamma: Float64Array, beta: Float64Array) => {
    const y = new Float64Array(x.length);
    for (let start = 0; start < x.length; start += width) {
      const row = x.subarray(start, start + width);
      const mean = row.reduce((sum, v) => sum + v, 0) / width;
      const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / width;
      row.forEach((v, c) => {
        y[start + c] = gamma[c] * (v - mean) / Math.sqrt(variance + eps) + beta[c];
      });
    }
    return y;
  };
}

function check(target: Device, shape: Shape, from: FloatType = "f32", to = from) {
  const width = shape.at(-1)!;
  // The variance of a single element is 0, where central differences see the curvature of eps.
  const eps = width === 1 ? 0.5 : 1e-5;
  return checkOp({
    device: target,
    inputs: [shape, [width], [width]],
    half: from === "f16" ? [0] : [],
    run: (x, gamma, beta) => {
      const y = layerNorm(x, gamma, beta, eps, to);
      strictEqual(y.dtype, to);
      return y;
    },
    oracle: oracle(width, eps),
    tolerance: to === "f16" ? 2 ** -10 : 2e-6,
    gradientTolerance: from === "f16" || to === "f16" ? 2 ** -8 : 1e-4,
  });
}

for (
  const shape of [[0, 8], [1, 1], [3, 31], [127, 3], [2, 33, 4], [129, 64], [5, 129], [2, 4096]]
) {
  Deno.test(`layerNorm() of [${shape}] matches the oracle`, () => check(device, shape));
}

for (const shape of [[129, 64], [5, 129]]) {
  Deno.test(`layerNorm() of [${shape}] matches the oracle in the geometry of a GPU`, () =>
    check(gpuGeometry, shape));
}

for (const [from, to] of [["f16", "f16"], ["f32", "f16"], ["f16", "f32"]] as const) {
  for (const shape of [[1, 1], [3, 31], [127, 3], [2, 33, 4], [129, 64], [2, 4096]]) {
    Deno.test(`layerNorm() of [${shape}] from ${from} to ${to} matches the oracle`, () =>
      check(device, shape, from, to));
  }
  for (const shape of [[129, 64], [5, 129]]) {
    Deno.test(`layerNorm() of [${shape}] from ${from} to ${to} matches the oracle in the geometry of a GPU`, () =>
      check(gpuGeometry, shape, from, to));
  }
}

Deno.test("layerNorm() takes the type of its input where none is named", () => {
  using _scope = new Scope(device);
  const ones = tensor(device, new Float32Array(8).fill(1));
  const x = tensor(device, normals(8, 1), [1, 8]);
  for (const dtype of ["f32", "f16"] as const) {
    strictEqual(layerNorm(cast(x, dtype), ones, ones).dtype, dtype);
  }
});

Deno.test("layerNorm() keeps its digits where the mean is far larger than the spread", () => {
  const data = normals(3 * 64, 1).map((v) => Math.fround(1000 + v));
  return checkOp({
    device,
    inputs: [{ shape: [3, 64], data }, [64], [64]],
    run: (x, gamma, beta) => layerNorm(x, gamma, beta),
    oracle: oracle(64, 1e-5),
    // One unit in the last place of 1000 is 6e-5 of the spread.
    tolerance: 1e-4,
    gradientTolerance: 1e-3,
  });
});

Deno.test("layerNorm() passes a NaN on to its row and no other", async () => {
  using _scope = new Scope(device);
  const data = normals(3 * 8, 1);
  data[9] = NaN;
  const ones = tensor(device, new Float32Array(8).fill(1));
  const y = await layerNorm(tensor(device, data, [3, 8]), ones, ones).data() as Float32Array;
  y.forEach((v, i) => ok(Number.isNaN(v) === (i >= 8 && i < 16), `y[${i}] = ${v}`));
});

Deno.test("layerNorm()'s gradients repeat their bits", async () => {
  const run = async () => {
    using _scope = new Scope(device);
    const x = tensor(device, normals(129 * 33, 1), [129, 33]);
    const gamma = tensor(device, normals(33, 2)), beta = tensor(device, normals(33, 3));
    using tape = new Tape();
    tape.watch(x, gamma, beta);
    const y = tape.run(() => layerNorm(x, gamma, beta));
    const gradients = tape.backward(
      y,
      [x, gamma, beta],
      tensor(device, normals(y.size, 4), y.shape),
    );
    return await Promise.all(gradients.map((g) => g!.data()));
  };
  deepStrictEqual(await run(), await run());
});
