/**
 * Embedding of ids.
 *
 * @module
 */
import type { Tensor } from "../tensor/tensor.ts";
import { gather } from "./gather_rows.ts";

/**
 * The rows of `table` that `ids` name. The gradient of the table is dense, and zero where no id points.
 *
 * @param table [vocabulary, width].
 * @param ids i32 or u32, of any shape. An id outside the vocabulary gives a row of NaN.
 * @returns [...ids.shape, width].
 * @throws {RangeError} if `table` is no matrix.
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  if (table.shape.length !== 2) {
    throw new RangeError(`an embedding table of shape [${table.shape}]`);
  }
  const [rows, width] = table.shape;
  const to = [...ids.shape, width];
  return gather([table, ids], { batch: 1, rows, count: ids.size, width, from: table.shape, to });
}
