/**
 * Addition in place: how gradients accumulate.
 *
 * @module
 */
import source from "../../kernels/pointwise/add_into.wgsl" with { type: "text" };
import type { Tensor } from "../tensor/tensor.ts";
import { pointwiseGroups } from "./grid.ts";

const kernel = { name: "add_into", source };

/** `target += x`, elementwise. Only for tensors that nobody else reads: no gradient is recorded. */
export function addInto(target: Tensor, x: Tensor): void {
  const { device, size: n } = target;
  const groups = pointwiseGroups(device, n);
  device.launch({ kernel, entry: "forward", bind: { y: target, x }, params: { n }, groups });
}
