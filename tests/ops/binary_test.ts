import { strictEqual, throws } from "node:assert/strict";
import { add, div, mul, sub } from "../../src/ops/binary.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { broadcastShapes, type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { AWKWARD, device } from "../device.ts";
import { checkOp, normals } from "../oracle/check.ts";

/** Elementwise `f` with broadcasting, by coordinates. */
function oracle(f: (u: number, v: number) => number, a: Shape, b: Shape) {
  const out = broadcastShapes(a, b);
  const offset = (shape: Shape, at: number[]) => {
    const tail = at.slice(at.length - shape.length);
    return shape.reduce((sum, n, i) => sum * n + (n === 1 ? 0 : tail[i]), 0);
  };
  return (x: Float64Array, y: Float64Array) =>
    Float64Array.from({ length: sizeOf(out) }, (_, i) => {
      const at = out.map((n, d) => Math.floor(i / sizeOf(out.slice(d + 1))) % n);
      return f(x[offset(a, at)], y[offset(b, at)]);
    });
}

/** Values away from zero, for quotients. */
function away(shape: Shape) {
  return { shape, data: normals(sizeOf(shape), 5).map((v) => v + Math.sign(v)) };
}

for (const n of [0, ...AWKWARD]) {
  Deno.test(`add(), sub(), mul() and div() match the oracle for ${n} elements`, async () => {
    await checkOp({
      device,
      inputs: [[n], [n]],
      run: add,
      oracle: oracle((u, v) => u + v, [n], [n]),
    });
    await checkOp({
      device,
      inputs: [[n], [n]],
      run: sub,
      oracle: oracle((u, v) => u - v, [n], [n]),
    });
    await checkOp({
      device,
      inputs: [[n], [n]],
      run: mul,
      oracle: oracle((u, v) => u * v, [n], [n]),
    });
    await checkOp({
      device,
      inputs: [[n], away([n])],
      run: div,
      oracle: oracle((u, v) => u / v, [n], [n]),
    });
  });
}

const BROADCASTS: [Shape, Shape][] = [
  [[3, 33], [33]],
  [[5, 32], [32]],
  [[31, 1], [1, 33]],
  [[], [7]],
  [[127, 3], [1]],
  [[2, 3, 4], [3, 1]],
  [[2, 1, 4, 1], [3, 1, 5]],
  [[2, 5, 3, 4], [1, 5, 1, 4]],
  [[1, 1, 3], [3]],
  [[0, 3], [3]],
];

for (const [a, b] of BROADCASTS) {
  Deno.test(`mul() and div() broadcast [${a}] with [${b}], and their gradients sum back`, async () => {
    await checkOp({ device, inputs: [a, b], run: mul, oracle: oracle((u, v) => u * v, a, b) });
    await checkOp({
      device,
      inputs: [a, away(b)],
      run: div,
      oracle: oracle((u, v) => u / v, a, b),
    });
    await checkOp({ device, inputs: [b, a], run: sub, oracle: oracle((u, v) => u - v, b, a) });
  });
}

for (const [a, b] of [[[7], [7]], [[2, 5, 8], [5, 8]], [[3, 33], [33]]]) {
  Deno.test(`add() and mul() of f16 [${a}] and [${b}] match the oracle`, async () => {
    for (const half of [[0], [0, 1]]) {
      const inputs = [a, b];
      await checkOp({ device, half, inputs, run: add, oracle: oracle((u, v) => u + v, a, b) });
      await checkOp({ device, half, inputs, run: mul, oracle: oracle((u, v) => u * v, a, b) });
    }
  });
}

Deno.test("add() refuses shapes that do not broadcast", () => {
  using a = tensor(device, new Float32Array(6), [2, 3]);
  using b = tensor(device, new Float32Array(2), [2]);
  throws(() => add(a, b), /RangeError: shapes \[2,3\] and \[2\] do not broadcast/);
});

Deno.test("div() by zero gives infinity, and zero by zero NaN", async () => {
  using a = tensor(device, new Float32Array([1, -1, 0]));
  using b = tensor(device, new Float32Array([0, 0, 0]));
  using y = div(a, b);
  const [up, down, nothing] = await y.data() as Float32Array;
  strictEqual(up, Infinity);
  strictEqual(down, -Infinity);
  strictEqual(nothing, NaN);
});
