import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { broadcastShapes, resolveShape, sameShape, sizeOf } from "../../src/tensor/shape.ts";

Deno.test("sizeOf() counts elements and refuses what is no shape", () => {
  strictEqual(sizeOf([]), 1);
  strictEqual(sizeOf([3, 0, 5]), 0);
  strictEqual(sizeOf([2, 3, 4]), 24);
  for (const shape of [[-1], [-2, -3], [1.5], [NaN], [Infinity]]) {
    throws(() => sizeOf(shape), RangeError);
  }
});

Deno.test("sameShape() tells ranks and sizes apart", () => {
  strictEqual(sameShape([2, 3], [2, 3]), true);
  strictEqual(sameShape([2, 3], [3, 2]), false);
  strictEqual(sameShape([2], [2, 1]), false);
});

Deno.test("broadcastShapes() stretches ones, also to nothing", () => {
  deepStrictEqual(broadcastShapes([5, 1, 3], [4, 1]), [5, 4, 3]);
  deepStrictEqual(broadcastShapes([], [2, 1]), [2, 1]);
  deepStrictEqual(broadcastShapes([0], [1]), [0]);
  throws(() => broadcastShapes([2], [3]), /\[2\] and \[3\] do not broadcast/);
  throws(() => broadcastShapes([0], [3]), RangeError);
});

Deno.test("resolveShape() infers one size and refuses every other mismatch", () => {
  deepStrictEqual(resolveShape([2, -1], 6), [2, 3]);
  deepStrictEqual(resolveShape([], 1), []);
  deepStrictEqual(resolveShape([-1, 5], 0), [0, 5]);
  for (
    const [shape, size] of [[[4, -1], 6], [[-1, -1], 4], [[-2, -3], 6], [[7], 6], [[0, -1], 0]]
  ) {
    throws(() => resolveShape(shape as number[], size as number), /do not reshape/);
  }
});
