/**
 * Clamping in place, for parameters that must stay in a range (CLIP's logit scale).
 *
 * @module
 */
import source from "../../kernels/optim/clamp_scalar.wgsl" with { type: "text" };
import type { Tensor } from "../tensor/tensor.ts";
import { pointwiseGroups } from "./grid.ts";

const kernel = { name: "clamp_scalar", source };

/**
 * `x = min(max(x, low), high)`, in place; a NaN stays, so that it is seen. Records no gradient.
 *
 * @example
 * ```ts ignore
 * clampScalar(logitScale, ...LOGIT_SCALE_RANGE);
 * ```
 */
export function clampScalar(x: Tensor, low: number, high: number): void {
  const { device, size: n } = x;
  const groups = pointwiseGroups(device, n);
  device.launch({ kernel, entry: "forward", bind: { x }, params: { n, low, high }, groups });
}
