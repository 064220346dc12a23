/**
 * Transposition as a copy, for what only reads rows. A matrix product transposes on its own.
 *
 * @module
 */
import source from "../../kernels/index/transpose.wgsl" with { type: "text" };
import { sizeOf } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";

const kernel = { name: "transpose", source };
const TILE = 32;

function launch(x: Tensor): Tensor {
  const { device, shape } = x;
  const [rows, cols] = shape.slice(-2), lead = shape.slice(0, -2), batch = sizeOf(lead);
  const y = empty(device, "f32", [...lead, cols, rows], "transpose");
  device.launch({
    kernel,
    entry: "main",
    bind: { x, y },
    params: { batch, rows, cols },
    groups: [
      Math.ceil(cols / TILE),
      Math.ceil(rows / TILE),
      Math.min(batch, device.info.maxWorkgroups),
    ],
  });
  return y;
}

const op = defineOp<[Tensor]>({
  name: "transpose",
  forward: ([x]) => launch(x),
  gradient: (dy) => [launch(dy)],
});

/**
 * Swaps the last two dimensions.
 *
 * @param x [.., rows, cols].
 * @returns [.., cols, rows].
 * @throws {RangeError} if `x` has fewer than two dimensions.
 */
export function transpose(x: Tensor): Tensor {
  if (x.shape.length < 2) throw new RangeError(`the transpose of [${x.shape}]`);
  return op([x], undefined);
}
