/**
 * Arithmetic with numbers that the host knows.
 *
 * @module
 */
import source from "../../kernels/pointwise/affine.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { typeOf } from "./cast.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";
import { storageAliases } from "./storage.ts";

const kernel = { name: "affine", source };

const op = defineOp<[Tensor], { scale: number; shift: number }>({
  name: "affine",
  forward([x], { scale, shift }) {
    const { device, shape, size } = x;
    const y = empty(device, typeOf(x), shape, "affine");
    const n = Math.ceil(size / 4);
    const params = { n, scale, shift };
    const groups = pointwiseGroups(device, n);
    const consts = storageAliases({ X: x, Y: y }, true);
    device.launch({ kernel, entry: "forward", consts, bind: { x, y }, params, groups });
    return y;
  },
  // d(s x + t) = s dx
  gradient: (dy, { attributes }) => [scale(dy, attributes.scale)],
});

/** `s * x`, elementwise, of the type of `x` (f32 or f16). */
export function scale(x: Tensor, s: number): Tensor {
  return op([x], { scale: s, shift: 0 });
}

/** `x + s`, elementwise, of the type of `x`. */
export function addScalar(x: Tensor, s: number): Tensor {
  return op([x], { scale: 1, shift: s });
}
