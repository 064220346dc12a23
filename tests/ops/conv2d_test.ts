import { deepStrictEqual, throws } from "node:assert/strict";
import { conv2d } from "../../src/ops/conv2d.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { zeros } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { gpuGeometry, twoGroups } from "../gpu_geometry.ts";
import { checkOp } from "../oracle/check.ts";
import { type Convolution, convolve } from "../oracle/conv2d.ts";

type Sizes = readonly [
  images: number,
  height: number,
  width: number,
  channels: number,
  outputs: number,
  side: number,
  stride: number,
  padding: number,
];

function check(sizes: Sizes, on = device): Promise<void> {
  const [images, height, width, channels, outputs, side, stride, padding] = sizes;
  const c: Convolution = { images, height, width, channels, outputs, side, stride, padding };
  return checkOp({
    device: on,
    inputs: [[images, height, width, channels], [outputs, channels, side, side]],
    run: (x, w) => conv2d(x, w, { stride, padding }),
    oracle: (x, w) => convolve(c, x, w),
  });
}

const CASES: readonly Sizes[] = [
  [1, 1, 1, 1, 1, 1, 1, 0],
  [1, 1, 1, 1, 1, 3, 1, 1],
  [2, 3, 5, 3, 31, 3, 1, 1],
  [1, 9, 7, 33, 3, 3, 1, 1],
  [2, 8, 8, 8, 12, 3, 1, 1],
  [3, 7, 5, 16, 20, 3, 2, 1],
  [1, 12, 12, 3, 8, 3, 2, 1],
  [1, 33, 31, 4, 4, 3, 2, 1],
  [2, 6, 7, 5, 6, 1, 2, 0],
  [2, 5, 5, 12, 36, 1, 1, 0],
  [1, 6, 9, 4, 8, 2, 2, 0],
  [1, 9, 10, 4, 8, 5, 3, 4],
  [1, 4, 4, 4, 132, 3, 1, 0],
  [1, 5, 6, 36, 40, 3, 1, 2],
  [0, 8, 8, 4, 8, 3, 1, 1],
  [0, 8, 8, 3, 5, 3, 2, 1],
];

for (const sizes of CASES) {
  Deno.test(`conv2d() and its gradients match the oracle for ${sizes.join(", ")}`, () =>
    check(sizes));
}

Deno.test("conv2d() adds up the parts of a GPU's gradient, and folds rows that no dimension holds", async () => {
  // 1120 pixels: four parts, the last one short.
  await check([1, 35, 32, 3, 5, 3, 1, 1], gpuGeometry);
  await check([2, 35, 16, 4, 8, 3, 1, 1], gpuGeometry);
  await check([1, 14, 14, 3, 5, 3, 1, 1], twoGroups);
  await check([1, 8, 8, 4, 8, 2, 1, 0], twoGroups);
});

Deno.test("conv2d() names shapes that do not fit", () => {
  using _scope = new Scope(device);
  const of = (...shape: number[]) => zeros(device, "f32", shape);
  throws(
    () => conv2d(of(1, 4, 4, 3), of(8, 4, 3, 3)),
    /images \[1,4,4,3\] with weights \[8,4,3,3\]/,
  );
  throws(() => conv2d(of(1, 2, 2, 3), of(8, 3, 3, 3)), RangeError);
  throws(() => conv2d(of(4, 4, 3), of(8, 3, 3, 3)), RangeError);
  deepStrictEqual(conv2d(of(1, 2, 2, 3), of(8, 3, 3, 3), { padding: 1 }).shape, [1, 2, 2, 8]);
});
