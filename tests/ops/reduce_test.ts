import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { mean, sum, sumTo } from "../../src/ops/reduce.ts";
import { type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { checkOp, normals } from "../oracle/check.ts";

/** Sums over the axes where `keep` is false. */
function oracle(shape: Shape, keep: (axis: number) => boolean, scale = 1) {
  const out = shape.map((n, axis) => keep(axis) ? n : 1);
  return (x: Float64Array) => {
    const y = new Float64Array(sizeOf(out));
    x.forEach((v, i) => {
      const at = shape.map((n, d) => Math.floor(i / sizeOf(shape.slice(d + 1))) % n);
      y[out.reduce((sum, n, d) => sum * n + (n === 1 ? 0 : at[d]), 0)] += scale * v;
    });
    return y;
  };
}

/** Magnitudes, since the error of a sum is relative to what was summed, not to what is left of it. */
function positive(shape: Shape) {
  return { shape, data: normals(sizeOf(shape), 1).map(Math.abs) };
}

for (const n of [...AWKWARD, 260, 20_000]) {
  Deno.test(`sum() and mean() of ${n} elements match the oracle`, async () => {
    await checkOp({
      device,
      inputs: [positive([n])],
      run: (x) => sum(x),
      oracle: oracle([n], () => false),
    });
    await checkOp({
      device,
      inputs: [positive([n])],
      run: (x) => mean(x),
      oracle: oracle([n], () => false, 1 / n),
    });
  });
}

const CASES: [Shape, number][] = [
  [[3, 31], 1],
  [[33, 5], 0],
  [[129, 4], 0],
  [[1000, 8], 0],
  [[3, 127, 3], 1],
  [[3, 1, 5], 1],
  [[7, 1], -1],
  [[2, 70, 4], 1],
  [[5, 260], -1],
  [[2, 3, 4, 5], -2],
  [[0, 3], 0],
  [[3, 0], 0],
];

for (const [shape, axis] of CASES) {
  const at = (axis + shape.length) % shape.length;
  Deno.test(`sum() and mean() of [${shape}] over axis ${axis} match the oracle`, async () => {
    await checkOp({
      device,
      inputs: [positive(shape)],
      run: (x) => sum(x, axis),
      oracle: oracle(shape, (d) => d !== at),
    });
    if (shape[at] === 0) return;
    await checkOp({
      device,
      inputs: [positive(shape)],
      run: (x) => mean(x, axis),
      oracle: oracle(shape, (d) => d !== at, 1 / shape[at]),
    });
  });
}

for (
  const [from, to] of [
    [[2, 3, 4], [3, 1]],
    [[2, 3, 4, 5], [1, 3, 1, 5]],
    [[7, 31], [31]],
    [[1, 1, 5], [5]],
    [[3, 129], []],
  ]
) {
  Deno.test(`sumTo() sums [${from}] to [${to}]`, () => {
    const padded = [...Array(from.length - to.length).fill(1), ...to];
    return checkOp({
      device,
      inputs: [positive(from)],
      run: (x) => sumTo(x, to),
      oracle: oracle(from, (d) => from[d] === padded[d]),
    });
  });
}

for (const [rows, width] of [[1, 4], [5, 3], [600, 8], [129, 127]]) {
  Deno.test(`sum() of f16 [${rows},${width}] adds up in f32`, () =>
    checkOp({
      device,
      half: [0],
      inputs: [[rows, width]],
      run: (x) => sum(x, 0),
      oracle: (x) =>
        Float64Array.from({ length: width }, (_, c) => {
          let total = 0;
          for (let r = 0; r < rows; r++) total += x[r * width + c];
          return total;
        }),
      tolerance: 2e-6,
    }));
}

Deno.test("sumTo() refuses a shape that does not broadcast", () => {
  using x = tensor(device, new Float32Array(6), [2, 3]);
  throws(() => sumTo(x, [2]), /RangeError: \[2,3\] does not sum to \[2\]/);
});

Deno.test("sum() refuses an axis that is not there", () => {
  using x = tensor(device, new Float32Array(6), [2, 3]);
  throws(() => sum(x, 2), /RangeError: axis 2 of a tensor \[2,3\]/);
});

Deno.test("sum() of a million elements near 1 is exact to the last digits, and repeats its bits", async () => {
  const values = normals(1_000_000, 3).map((v) => 1 + v * 1e-3);
  const exact = values.reduce((total, v) => total + v, 0);
  using x = tensor(device, values);
  using first = sum(x);
  using second = sum(x);
  const [y] = await first.data() as Float32Array;
  ok(Math.abs(y - exact) <= 2e-7 * exact, `${y}, exactly ${exact}`);
  deepStrictEqual(await second.data(), await first.data());
});
