/**
 * One token of each sequence.
 *
 * @module
 */
import type { Tensor } from "../tensor/tensor.ts";
import { gather } from "./gather_rows.ts";

/**
 * Picks one position of each sequence: `y[b] = x[b, positions[b]]`. A position outside gives NaN.
 *
 * @param x [batch, length, width].
 * @param positions i32 or u32 [batch].
 * @returns [batch, width].
 * @throws {RangeError} if the shapes do not fit.
 */
export function selectToken(x: Tensor, positions: Tensor): Tensor {
  const [batch, rows, width] = x.shape;
  if (x.shape.length !== 3 || positions.size !== batch) {
    throw new RangeError(`tokens of [${x.shape}] at positions [${positions.shape}]`);
  }
  const attributes = { batch, rows, count: 1, width, from: x.shape, to: [batch, width] };
  return gather([x, positions], attributes);
}
