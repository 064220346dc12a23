/**
 * Batch norm with its parameters and buffers.
 *
 * @module
 */
import { batchNorm, type BatchNormOptions } from "../ops/batch_norm.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Parameters } from "./parameters.ts";

/**
 * Batch norm over all but the last dimension, with the parameters `weight` and `bias` and the buffers
 * `running_mean`, `running_var` and `num_batches_tracked`; eps 1e-5, momentum 0.1.
 */
export function normBatch(x: Tensor, parameters: Parameters, options: BatchNormOptions): Tensor {
  const running = {
    mean: parameters.get("running_mean"),
    variance: parameters.get("running_var"),
    batches: parameters.get("num_batches_tracked"),
  };
  return batchNorm(x, parameters.get("weight"), parameters.get("bias"), running, options);
}
