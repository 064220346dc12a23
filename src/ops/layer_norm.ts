/**
 * Layer normalisation.
 *
 * @module
 */
import source from "../../kernels/norm/layer_norm.wgsl" with { type: "text" };
import type { FloatType } from "../tensor/dtype.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { typeOf } from "./cast.ts";
import { defineOp } from "./define.ts";
import { sum } from "./reduce.ts";
import { planRows, rowsOf } from "./rows.ts";
import { storageAliases } from "./storage.ts";

const kernel = { name: "layer_norm", source };

/** Rows that one lane sums for the gradients of gamma and beta. */
const CHUNK = 64;
const COLUMN_LANES = 64;

const op = defineOp<[Tensor, Tensor, Tensor], { eps: number; dtype: FloatType }>({
  name: "layerNorm",
  forward([x, gamma, beta], { eps, dtype }, save) {
    const { device, shape } = x;
    const { rows, width } = rowsOf(shape);
    const y = empty(device, dtype, shape, "layerNorm");
    const stats = empty(device, "f32", [rows, 2], "layerNorm");
    const plan = planRows(device, rows, width);
    device.launch({
      kernel,
      entry: "forward",
      consts: { ...plan.consts, ...storageAliases({ X: x, Y: y }, plan.consts.VECTORS) },
      bind: { x, gamma, beta, y, stats },
      params: { rows, width: plan.width, parts: 0, scale: 1 / width, eps },
      groups: plan.groups,
    });
    save(x, gamma, stats);
    return y;
  },
  gradient(dy, { saved: [x, gamma, stats], needs, attributes: { eps } }) {
    const { device, shape } = x!;
    const { rows, width } = rowsOf(shape);
    const plan = planRows(device, rows, width);
    const parts = Math.ceil(rows / CHUNK);
    const bind = { x: x!, gamma: gamma!, dy, saved: stats! };
    const params = { rows, width: plan.width, parts, scale: 1 / width, eps };
    const stored = storageAliases({ X: x, Y: dy }, plan.consts.VECTORS);

    const dx = needs[0] ? empty(device, x!.dtype, shape, "layerNorm") : undefined;
    if (dx) {
      const { groups } = plan, consts = { ...plan.consts, ...stored };
      device.launch({ kernel, entry: "backward", consts, bind: { ...bind, dx }, params, groups });
    }
    if (!needs[1] && !needs[2]) return [dx, undefined, undefined];
    const dgamma = empty(device, "f32", [parts, width], "layerNorm");
    const dbeta = empty(device, "f32", [parts, width], "layerNorm");
    const groups = Math.ceil(parts * plan.width / COLUMN_LANES);
    device.launch({
      kernel,
      entry: "parameters",
      consts: { T: plan.consts.T, ...stored },
      bind: { ...bind, dgamma, dbeta },
      params,
      groups: [Math.min(groups, device.info.maxWorkgroups)],
    });
    return [dx, needs[1] ? sum(dgamma, 0) : undefined, needs[2] ? sum(dbeta, 0) : undefined];
  },
});

/**
 * `gamma * (x - mean) / sqrt(var + eps) + beta` over the last dimension, with the biased variance
 * (Ba, Kiros, Hinton: "Layer normalization", 2016).
 *
 * @param x f32 or f16.
 * @param gamma f32, of the size of the last dimension.
 * @param beta The same.
 * @param dtype Type of the result. Default: that of `x`.
 */
export function layerNorm(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  eps = 1e-5,
  dtype = typeOf(x),
): Tensor {
  return op([x, gamma, beta], { eps, dtype });
}
