/**
 * Broadcasting as an op of its own.
 *
 * @module
 */
import { broadcastShapes, sameShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { expand } from "./expand.ts";
import { sumTo } from "./reduce.ts";

const op = defineOp<[Tensor], { from: Shape; to: Shape }>({
  name: "broadcastTo",
  forward: ([x], { to }) => expand(x, to),
  gradient: (dy, { attributes: { from } }) => [sumTo(dy, from)],
});

/**
 * Repeats `x` along the dimensions in which its size is 1.
 *
 * @throws {RangeError} if another size differs from that of `shape`.
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  if (!sameShape(broadcastShapes(x.shape, shape), shape)) {
    throw new RangeError(`[${x.shape}] does not stretch to [${shape}]`);
  }
  return sameShape(x.shape, shape) ? x : op([x], { from: x.shape, to: shape });
}
