/**
 * Sums and means.
 *
 * @module
 */
import source from "../../kernels/reduce/reduce.wgsl" with { type: "text" };
import type { FloatType } from "../tensor/dtype.ts";
import { tidy } from "../tensor/scope.ts";
import { sameShape, type Shape, sizeOf } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { expand } from "./expand.ts";
import { cast, type Like, likeOf, typeOf } from "./cast.ts";
import { defineOp } from "./define.ts";
import { storageAliases } from "./storage.ts";

const kernel = { name: "reduce", source };

/** Elements that one lane sums. */
const CHUNK = 64;
const LANES = 64;

/** A tensor seen as [outer, rows, inner]; the sum runs over the rows. */
interface Middle {
  readonly outer: number;
  readonly rows: number;
  readonly inner: number;
}

/** `scale` times the sum over the rows of `x`, as a tensor of `shape`; records no gradient. */
function sumRows(x: Tensor, { outer, rows, inner }: Middle, shape: Shape, scale: number): Tensor {
  if (rows === 1 && scale === 1 && x.dtype === "f32") return x.reshape(shape);
  // A long row reads as four columns of vectors first, then as the row of their four sums.
  const columns = inner === 1 && rows % 4 === 0 && rows > CHUNK ? 4 : 1;
  let current = x;
  let left = rows / columns;
  for (let width = inner * columns;; width = inner) {
    do {
      const parts = Math.max(1, Math.ceil(left / CHUNK));
      const last = parts === 1 && width === inner;
      const shapeOut = last ? shape : [outer, parts, width];
      current = stage(
        current,
        { outer, rows: left, inner: width },
        parts,
        shapeOut,
        last ? scale : 1,
      );
      left = parts;
    } while (left > 1);
    if (width === inner) return current;
    left = columns;
  }
}

function stage(
  x: Tensor,
  { outer, rows, inner }: Middle,
  parts: number,
  shape: Shape,
  scale: number,
) {
  const { device } = x;
  const y = empty(device, "f32", shape, "sum");
  const vectors = inner % 4 === 0;
  const width = vectors ? inner / 4 : inner;
  const n = outer * parts * width;
  device.launch({
    kernel,
    entry: "forward",
    consts: { T: vectors ? "vec4f" : "f32", ...storageAliases({ X: x }, vectors) },
    bind: { x, y },
    params: { n, rows, parts, inner: width, scale },
    groups: [Math.min(Math.ceil(n / LANES), device.info.maxWorkgroups)],
  });
  return y;
}

/** One axis of a tensor, or all. */
interface Axis extends Like {
  readonly axis: number | undefined;
}

/** The middle dimension that `axis` is, or all of the tensor. */
function middleOf(shape: Shape, axis: number | undefined): Middle {
  if (axis === undefined) return { outer: 1, rows: sizeOf(shape), inner: 1 };
  return {
    outer: sizeOf(shape.slice(0, axis)),
    rows: shape[axis],
    inner: sizeOf(shape.slice(axis + 1)),
  };
}

interface Attributes extends Axis {
  readonly scale: number;
}

const overAxis = defineOp<[Tensor], Attributes>({
  name: "sum",
  forward([x], { shape, axis, scale }) {
    const left = axis === undefined ? [] : shape.toSpliced(axis, 1);
    return tidy(x.device, () => sumRows(x, middleOf(shape, axis), left, scale));
  },
  gradient(dy, { attributes: { shape, axis, dtype, scale } }) {
    // d(sum x) / dx_i = 1
    const kept = axis === undefined ? [] : shape.with(axis, 1);
    return [cast(expand(dy.reshape(kept), shape, scale), dtype)];
  },
});

const toShape = defineOp<[Tensor], { from: Shape; dtype: FloatType; to: Shape }>({
  name: "sumTo",
  forward([x], { from, to }) {
    const target = [...Array(from.length - to.length).fill(1), ...to];
    const shape = [...from];
    return tidy(x.device, () => {
      let current = x;
      // Runs of neighbouring dimensions that vanish are summed at once, the outermost first.
      for (let i = 0; i < shape.length; i++) {
        if (shape[i] === target[i]) continue;
        let end = i;
        while (end < shape.length && target[end] === 1) end++;
        const outer = sizeOf(shape.slice(0, i));
        const rows = sizeOf(shape.slice(i, end));
        const inner = sizeOf(shape.slice(end));
        shape.fill(1, i, end);
        current = sumRows(current, { outer, rows, inner }, shape, 1);
      }
      return current.reshape(to);
    });
  },
  gradient: (dy, { attributes: { from, dtype } }) => [cast(expand(dy, from), dtype)],
});

function along(x: Tensor, axis: number | undefined): Axis {
  const like = likeOf(x), { shape } = like;
  if (axis === undefined) return { ...like, axis };
  const at = axis < 0 ? axis + shape.length : axis;
  if (!(at in shape)) throw new RangeError(`axis ${axis} of a tensor [${shape}]`);
  return { ...like, axis: at };
}

/**
 * The sum over one axis, which vanishes, or over all elements (a tensor of shape `[]`). Pairwise in
 * effect: the rounding error grows with the logarithm of the count. The sum is f32, also that of f16.
 *
 * @param axis Counts from the end if negative.
 * @throws {RangeError} if `x` has no such axis.
 */
export function sum(x: Tensor, axis?: number): Tensor {
  return overAxis([x], { ...along(x, axis), scale: 1 });
}

/** The mean over one axis or over all elements, as {@link sum}; of nothing, NaN. */
export function mean(x: Tensor, axis?: number): Tensor {
  const attributes = along(x, axis);
  const { rows } = middleOf(x.shape, attributes.axis);
  return overAxis([x], { ...attributes, scale: 1 / rows });
}

/**
 * Sums `x` down to `shape`: the reverse of a broadcast from `shape` to `x`'s shape. The sum is f32; `x`
 * itself where there is nothing to sum.
 *
 * @throws {RangeError} if `shape` does not broadcast to `x`'s.
 */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const skipped = x.shape.length - shape.length;
  if (skipped < 0 || shape.some((n, i) => n !== 1 && n !== x.shape[i + skipped])) {
    throw new RangeError(`[${x.shape}] does not sum to [${shape}]`);
  }
  return toShape([x], { from: x.shape, dtype: typeOf(x), to: shape });
}
