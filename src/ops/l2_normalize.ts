/**
 * Scaling of rows to unit length.
 *
 * @module
 */
import source from "../../kernels/norm/l2_normalize.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { planRows, rowsOf } from "./rows.ts";

const kernel = { name: "l2_normalize", source };

const op = defineOp<[Tensor], { eps: number }>({
  name: "l2Normalize",
  forward([x], { eps }, save) {
    const { device, shape } = x;
    const { rows, width } = rowsOf(shape);
    const y = empty(device, "f32", shape, "l2Normalize");
    const norms = empty(device, "f32", [rows], "l2Normalize");
    const plan = planRows(device, rows, width);
    device.launch({
      kernel,
      entry: "forward",
      consts: plan.consts,
      bind: { x, y, norms },
      params: { rows, width: plan.width, eps, nan: NaN },
      groups: plan.groups,
    });
    save(y, norms);
    return y;
  },
  gradient(dy, { saved: [y, norms], attributes: { eps } }) {
    const { device, shape } = y!;
    const { rows, width } = rowsOf(shape);
    const dx = empty(device, "f32", shape, "l2Normalize");
    const plan = planRows(device, rows, width);
    device.launch({
      kernel,
      entry: "backward",
      consts: plan.consts,
      bind: { dy, savedY: y!, savedNorms: norms!, dx },
      params: { rows, width: plan.width, eps, nan: NaN },
      groups: plan.groups,
    });
    return [dx];
  },
});

/**
 * `x / (|x| + eps)` over the last dimension, with the Euclidean norm. Without `eps` a row of zeros gives
 * NaN, as the division by its norm does in the reference; with it, zeros (and the gradient `dy / eps`).
 *
 * @example
 * ```ts ignore
 * const cosine = matmul(l2Normalize(a), l2Normalize(b), { transposeB: true });
 * ```
 */
export function l2Normalize(x: Tensor, eps = 0): Tensor {
  return op([x], { eps });
}
