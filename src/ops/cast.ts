/**
 * Conversion between f32 and f16.
 *
 * @module
 */
import source from "../../kernels/pointwise/cast.wgsl" with { type: "text" };
import type { FloatType } from "../tensor/dtype.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";
import { halves } from "./storage.ts";

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

const op = defineOp<[Tensor], { from: FloatType; to: FloatType }>({
  name: "cast",
  forward([x], { to }) {
    const { device, shape, size } = x;
    const y = empty(device, to, shape, "cast");
    const n = Math.ceil(size / 4);
    const consts = halves({ X: x, Y: y }, true), groups = pointwiseGroups(device, n);
    device.launch({ kernel, entry: "forward", consts, bind: { x, y }, params: { n }, groups });
    return y;
  },
  gradient: (dy, { attributes: { from } }) => [cast(dy, from)],
});

/**
 * The elements of `x` as `dtype`; `x` itself where it has that type. What f16 cannot hold becomes infinite
 * (from 65,520 up) or zero; its gradient is converted back.
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
