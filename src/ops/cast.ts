/**
 * Conversion between f32 and f16.
 *
 * @module
 */
import source from "../../kernels/pointwise/cast.wgsl" with { type: "text" };
import type { FloatType } from "../tensor/dtype.ts";
import type { Shape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";
import { storageAliases } from "./storage.ts";

const kernel = { name: "cast", source };

/**
 * The type of a tensor of fractions.
 *
 * @throws {TypeError} for other types.
 */
export function typeOf({ dtype }: Tensor): FloatType {
  if (dtype === "f32" || dtype === "f16") return dtype;
  throw new TypeError(`a tensor of ${dtype}, not f32 or f16`);
}

/** What a tensor is like, for a gradient that has to be the same. */
export interface Like {
  readonly shape: Shape;
  readonly dtype: FloatType;
}

/** What `x`, a tensor of fractions, is like. */
export function likeOf(x: Tensor): Like {
  return { shape: x.shape, dtype: typeOf(x) };
}

const op = defineOp<[Tensor], { from: FloatType; to: FloatType }>({
  name: "cast",
  forward([x], { to }) {
    const { device, shape, size } = x;
    const y = empty(device, to, shape, "cast");
    const n = Math.ceil(size / 4);
    const consts = storageAliases({ X: x, Y: y }, true), groups = pointwiseGroups(device, n);
    device.launch({ kernel, entry: "forward", consts, bind: { x, y }, params: { n }, groups });
    return y;
  },
  gradient: (dy, { attributes: { from } }) => [cast(dy, from)],
});

/**
 * The elements of `x` as `dtype`; `x` itself where it has that type. What f16 cannot hold becomes infinite
 * or zero (WGSL leaves the rounding to the driver: to nearest, from 65,520 up). Gradients are converted back.
 *
 * @param x f32 or f16.
 *
 * @example
 * ```ts ignore
 * const half = cast(x, "f16"); // half the memory
 * ```
 */
export function cast(x: Tensor, dtype: FloatType): Tensor {
  return x.dtype === dtype ? x : op([x], { from: typeOf(x), to: dtype });
}
