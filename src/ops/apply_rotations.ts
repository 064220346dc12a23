/**
 * Eigenvectors of tridiagonal matrices from the record of rotations.
 *
 * @module
 */
import plain from "../../kernels/linalg/apply_rotations.wgsl" with { type: "text" };
import subgroup from "../../kernels/linalg/apply_rotations_subgroup.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { columnPlan } from "./column_plan.ts";
import { rotationLimits, type Rotations } from "./implicit_ql.ts";

const plainKernel = { name: "apply_rotations", source: plain };
const subgroupKernel = { name: "apply_rotations_subgroup", source: subgroup };

/** The vectors of `found.values`: [batch, n, columns], those past k zero. */
export function applyRotations(found: Rotations, scales: Tensor, n: number): Tensor {
  const { sweeps, rotations, order } = found;
  const { device, shape: [batch, columns] } = order;
  const plan = columnPlan(device, batch, columns);
  const x = empty(device, "f32", [batch, n, columns], "applyRotations");
  const { T, L } = plan;
  device.launch({
    entry: "main",
    bind: { sweeps, rotations, order, scales, x },
    params: { n, width: plan.width, ...rotationLimits(n) },
    groups: plan.groups,
    ...(L ? { kernel: subgroupKernel, consts: { L } } : {
      kernel: plainKernel,
      consts: { T, U: T === "f32" ? "u32" : "vec4u", LANES: plan.LANES },
    }),
  });
  return x;
}
