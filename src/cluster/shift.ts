/**
 * Shifts along time: neighbouring frames exchange a part of their channels.
 *
 * @module
 */
import source from "../../kernels/cluster/shift.wgsl" with { type: "text" };
import { UsageError } from "../errors.ts";
import { defineOp } from "../ops/define.ts";
import { pointwiseGroups } from "../ops/grid.ts";
import { vectorsOf } from "../ops/vectors.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";

const kernel = { name: "shift", source };

/** Which tokens of a frame are shifted: its class token, or its patches. */
export type ShiftedTokens = "class" | "patches";

interface Attributes {
  readonly frames: number;
  readonly shifted: ShiftedTokens;
}

/** Shifts forwards (`step` 1), or back for the gradient (-1). */
function launch(x: Tensor, { frames, shifted }: Attributes, step: 1 | -1): Tensor {
  const { device, shape } = x;
  const [rows, tokens, floats] = shape, channels = Math.floor(floats / 8);
  const vectors = channels % 4 === 0 ? vectorsOf(floats) : { T: "f32" as const, width: floats };
  const { T, width } = vectors;
  const y = empty(device, "f32", shape, "shiftFrames");
  const n = rows * tokens * width;
  device.launch({
    kernel,
    entry: "main",
    consts: { T },
    bind: { x, y },
    params: {
      n,
      frames,
      tokens,
      width,
      fold: channels * width / (floats || 1),
      first: shifted === "class" ? 0 : 1,
      last: shifted === "class" ? 1 : tokens,
      step,
    },
    groups: pointwiseGroups(device, n),
  });
  return y;
}

const op = defineOp<[Tensor], Attributes>({
  name: "shiftFrames",
  forward: ([x], attributes) => launch(x, attributes, 1),
  gradient: (dy, { attributes }) => [launch(dy, attributes, -1)],
});

/**
 * Gives the first eighth of the channels of each frame's tokens the values of the next frame, the second
 * eighth those of the previous one, and zeros where the video has no such frame. A width that 8 does not
 * divide counts as the next lower one that it does. (Lin, Gan, Han: "TSM: Temporal shift module", 2019;
 * CenterCLIP's `temporal_shift` shifts the patches, its `token_shift` the class tokens.)
 *
 * @param x `[B * frames, 1 + n, D]`: videos outermost, a class token before the patches of each frame.
 * @throws {UsageError} if `x` does not hold whole videos.
 *
 * @example
 * ```ts ignore
 * const y = shiftFrames(x, 12, "class");
 * ```
 */
export function shiftFrames(x: Tensor, frames: number, shifted: ShiftedTokens): Tensor {
  const [rows, tokens] = x.shape;
  if (x.shape.length !== 3 || tokens < 1 || !(frames > 0) || rows % frames !== 0) {
    throw new UsageError(`shift: tokens are [B * ${frames}, 1 + n, D], not [${x.shape}]`);
  }
  return op([x], { frames, shifted });
}
