/**
 * Slices and concatenations of rows, the dimension before the last.
 *
 * @module
 */
import source from "../../kernels/index/copy_rows.wgsl" with { type: "text" };
import { empty, type Tensor, zeros } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";
import { storageAliases } from "./storage.ts";
import { vectorsOf } from "./vectors.ts";

const kernel = { name: "copy_rows", source };

/** Copies `count` rows of each batch entry from row `from` of `x` to row `to` of `y`. */
function copyRows(x: Tensor, from: number, y: Tensor, to: number, count: number): void {
  const { device } = x;
  const [batch, xRows, floats] = x.shape;
  const { T, width } = vectorsOf(floats);
  const n = batch * count * width;
  device.launch({
    kernel,
    entry: "forward",
    consts: { T, ...storageAliases({ T: x }, T === "vec4f") },
    bind: { x, y },
    params: {
      n,
      count: count * width,
      xSize: xRows * width,
      ySize: y.shape[1] * width,
      xStart: from * width,
      yStart: to * width,
    },
    groups: pointwiseGroups(device, n),
  });
}

const slice = defineOp<[Tensor], { from: number; to: number; rows: number }>({
  name: "sliceRows",
  forward([x], { from, to }) {
    const [batch, , width] = x.shape;
    const y = empty(x.device, x.dtype, [batch, to - from, width], "sliceRows");
    copyRows(x, from, y, 0, to - from);
    return y;
  },
  gradient(dy, { attributes: { from, to, rows } }) {
    const [batch, , width] = dy.shape;
    const dx = zeros(dy.device, dy.dtype, [batch, rows, width]);
    copyRows(dy, 0, dx, from, to - from);
    return [dx];
  },
});

const concat = defineOp<[Tensor, Tensor], { split: number }>({
  name: "concatRows",
  forward([a, b]) {
    const [batch, rows, width] = a.shape;
    const y = empty(a.device, a.dtype, [batch, rows + b.shape[1], width], "concatRows");
    copyRows(a, 0, y, 0, rows);
    copyRows(b, 0, y, rows, b.shape[1]);
    return y;
  },
  gradient(dy, { needs, attributes: { split } }) {
    return [
      needs[0] ? sliceRows(dy, 0, split) : undefined,
      needs[1] ? sliceRows(dy, split) : undefined,
    ];
  },
});

/**
 * Rows `from` (inclusive) to `to` (exclusive, default: all that follow) of every batch entry.
 *
 * @param x f32 or f16 [batch, rows, width].
 * @returns [batch, to - from, width], of the same type.
 * @throws {RangeError} if `x` has no such rows.
 */
export function sliceRows(x: Tensor, from: number, to: number = x.shape[1]): Tensor {
  const [, rows] = x.shape;
  if (x.shape.length !== 3 || !(0 <= from && from <= to && to <= rows)) {
    throw new RangeError(`rows ${from} to ${to} of [${x.shape}]`);
  }
  return slice([x], { from, to, rows });
}

/**
 * The rows of `a`, then those of `b`.
 *
 * @param a f32 or f16 [batch, n, width].
 * @param b [batch, m, width], of the same type.
 * @returns [batch, n + m, width].
 * @throws {RangeError} if the shapes do not fit.
 */
export function concatRows(a: Tensor, b: Tensor): Tensor {
  const fits = a.shape.length === 3 && b.shape.length === 3 && a.shape[0] === b.shape[0] &&
    a.shape[2] === b.shape[2];
  if (!fits) throw new RangeError(`rows of [${a.shape}] before rows of [${b.shape}]`);
  return concat([a, b], { split: a.shape[1] });
}
