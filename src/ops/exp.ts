/**
 * The exponential.
 *
 * @module
 */
import source from "../../kernels/pointwise/exp.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { mul } from "./binary.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";

const kernel = { name: "exp", source };

const op = defineOp<[Tensor]>({
  name: "exp",
  forward([x], _, save) {
    const { device, shape, size } = x;
    const y = empty(device, "f32", shape, "exp");
    const n = Math.ceil(size / 4);
    const groups = pointwiseGroups(device, n);
    device.launch({ kernel, entry: "forward", bind: { x, y }, params: { n }, groups });
    save(y);
    return y;
  },
  // d(exp x) = exp(x) dx
  gradient: (dy, { saved: [y] }) => [mul(dy, y!)],
});

/** `exp(x)`, elementwise; infinite above 88.7. */
export function exp(x: Tensor): Tensor {
  return op([x]);
}
