import { deepStrictEqual, throws } from "node:assert/strict";
import { shiftFrames } from "../../src/cluster/shift.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { checkOp } from "../oracle/check.ts";

/** Videos, frames, patches, width. */
const SIZES = [
  [2, 8, 9, 32],
  [1, 5, 4, 36],
  [2, 3, 1, 64],
  [3, 1, 4, 16],
  [1, 2, 0, 7],
  [2, 4, 3, 129],
  [1, 3, 2, 31],
  [0, 4, 2, 8],
] as const;

function oracle(
  x: ArrayLike<number>,
  [videos, frames, patches, width]: readonly [number, number, number, number],
  shifts: (token: number) => boolean,
): Float64Array {
  const y = new Float64Array(videos * frames * (1 + patches) * width), fold = Math.floor(width / 8);
  let at = 0;
  for (let v = 0; v < videos; v++) {
    for (let t = 0; t < frames; t++) {
      for (let token = 0; token <= patches; token++) {
        for (let c = 0; c < width; c++, at++) {
          const step = !shifts(token) || c >= 2 * fold ? 0 : c < fold ? 1 : -1;
          const inside = t + step >= 0 && t + step < frames;
          y[at] = inside ? x[at + step * (1 + patches) * width] : 0;
        }
      }
    }
  }
  return y;
}

for (const [name, target] of [["", device], [", striding over the grid", twoGroups]] as const) {
  for (const shifted of ["class", "patches"] as const) {
    Deno.test(`shiftFrames() of ${shifted} tokens and its gradient match the oracle${name}`, async () => {
      for (const size of SIZES) {
        const [videos, frames, patches, width] = size;
        await checkOp({
          device: target,
          inputs: [[videos * frames, 1 + patches, width]],
          run: (x) => shiftFrames(x, frames, shifted),
          oracle: (x) => oracle(x, size, (token) => (token === 0) === (shifted === "class")),
        });
      }
    });
  }
}

Deno.test("the shift of a video of one frame blanks the shifted channels", async () => {
  using x = tensor(device, new Float32Array(16).fill(1), [1, 1, 16]);
  using y = shiftFrames(x, 1, "class");
  deepStrictEqual([...await y.data()], [0, 0, 0, 0, ...Array(12).fill(1)]);
});

Deno.test("shiftFrames() refuses a part of a video", () => {
  using x = tensor(device, new Float32Array(16), [2, 1, 8]);
  throws(() => shiftFrames(x, 3, "class"), /tokens are \[B \* 3, 1 \+ n, D\], not \[2,1,8\]/);
});
