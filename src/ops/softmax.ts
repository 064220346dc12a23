/**
 * Softmax.
 *
 * @module
 */
import source from "../../kernels/norm/softmax.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { planRows, rowsOf } from "./rows.ts";

const kernel = { name: "softmax", source };

const op = defineOp<[Tensor]>({
  name: "softmax",
  forward([x], _, save) {
    const { device, shape } = x;
    const { rows, width } = rowsOf(shape);
    const y = empty(device, "f32", shape, "softmax");
    const { consts, groups, width: w } = planRows(device, rows, width);
    const params = { rows, width: w };
    device.launch({ kernel, entry: "forward", consts, bind: { x, y }, params, groups });
    save(y);
    return y;
  },
  gradient(dy, { saved: [y] }) {
    const { device, shape } = y!;
    const { rows, width } = rowsOf(shape);
    const dx = empty(device, "f32", shape, "softmax");
    const { consts, groups, width: w } = planRows(device, rows, width);
    const bind = { dy, saved: y!, dx };
    device.launch({ kernel, entry: "backward", consts, bind, params: { rows, width: w }, groups });
    return [dx];
  },
});

/** Softmax over the last dimension, stable for logits of any size; a NaN spreads over its row. */
export function softmax(x: Tensor): Tensor {
  return op([x]);
}
