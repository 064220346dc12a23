/**
 * Reshaping on the tape.
 *
 * @module
 */
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";

const op = defineOp<[Tensor], { from: Shape; to: Shape }>({
  name: "reshape",
  forward: ([x], { to }) => x.reshape(to),
  gradient: (dy, { attributes: { from } }) => [dy.reshape(from)],
});

/**
 * The elements of `x` in another shape, without a copy, and with a gradient, which
 * `Tensor.reshape` has not. One size may be -1.
 *
 * @throws {RangeError} if the number of elements differs.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return op([x], { from: x.shape, to: shape });
}
