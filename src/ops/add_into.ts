/**
 * Addition in place: how gradients accumulate.
 *
 * @module
 */
import source from "../../kernels/pointwise/add_into.wgsl" with { type: "text" };
import type { Tensor } from "../tensor/tensor.ts";
import { pointwiseGroups } from "./grid.ts";
import { storageAliases } from "./storage.ts";

const kernel = { name: "add_into", source };

/** `target += x`, elementwise, each f32 or f16. Only for tensors that nobody else reads: no gradient is recorded. */
export function addInto(target: Tensor, x: Tensor): void {
  const { device, size } = target, bind = { y: target, x };
  const n = Math.ceil(size / 4), groups = pointwiseGroups(device, n);
  const consts = storageAliases({ Y: target, X: x }, true);
  device.launch({ kernel, entry: "forward", consts, bind, params: { n }, groups });
}
