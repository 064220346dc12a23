/**
 * Products with the reflectors of a tridiagonal reduction.
 *
 * @module
 */
import plain from "../../kernels/linalg/apply_reflectors.wgsl" with { type: "text" };
import subgroup from "../../kernels/linalg/apply_reflectors_subgroup.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { columnPlan } from "./column_plan.ts";
import { PANEL, type Tridiagonal } from "./tridiagonalize.ts";

const plainKernel = { name: "apply_reflectors", source: plain };
const subgroupKernel = { name: "apply_reflectors_subgroup", source: subgroup };

/** `x = Q x`, in place, for x [batch, n, columns]. */
export function applyReflectors(reduced: Tridiagonal, x: Tensor): void {
  const { tridiagonal, reflectors: work } = reduced;
  const { device, shape: [batch, n, columns] } = x;
  const blocks = Math.ceil(n / PANEL);
  const { T, L, LANES, width, groups } = columnPlan(device, batch, columns);
  const params = { n, rows: work.shape[1], quads: work.shape[2] / 4, width };
  const plainCall = { kernel: plainKernel, consts: { T, LANES }, params };
  let { products } = reduced;
  if (!products) {
    products = empty(device, "f32", [batch, blocks, PANEL, PANEL], "applyReflectors");
    const bind = { work, products };
    device.launch({ ...plainCall, entry: "gram", bind, groups: [blocks, batch] });
  }
  const call = L ? { kernel: subgroupKernel, consts: { L }, params } : plainCall;
  device.launch({
    ...call,
    entry: "main",
    bind: { work, tridiagonal, products, x },
    groups,
    flops: 2 * batch * n * n * columns, // reflector i over n - i rows: a product and an update
  });
}
