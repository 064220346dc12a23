/**
 * Householder reduction of symmetric matrices to tridiagonal form.
 *
 * @module
 */
import plain from "../../kernels/linalg/tridiagonalize.wgsl" with { type: "text" };
import subgroup from "../../kernels/linalg/tridiagonalize_subgroup.wgsl" with { type: "text" };
import type { Device, DeviceInfo } from "../gpu/device.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { columnSubgroup } from "./column_plan.ts";
import { symmetricPart } from "./symmetric_part.ts";

const plainKernel = { name: "tridiagonalize", source: plain };
const subgroupKernel = { name: "tridiagonalize_subgroup", source: subgroup };
/** Columns of a panel, and reflectors that are applied at a time. */
export const PANEL = 8;

/** `A = scale Q T Q'` for each matrix of a batch, as the kernels of the eigensolver pass it on. */
export interface Tridiagonal {
  /** [batch, 3, n]: the diagonal of T, its off-diagonal, the reflectors' factors tau. */
  readonly tridiagonal: Tensor;
  /** [batch, rows, columns], padded: a reflector a row. */
  readonly reflectors: Tensor;
  /** [batch]: powers of two, or NaN for a matrix that is not finite. */
  readonly scales: Tensor;
  /** [batch, panels, 8, 8]: products of the reflectors of a panel, where the reduction has them. */
  readonly products?: Tensor;
}

const lanesOf = ({ software, maxInvocations }: DeviceInfo) =>
  Math.min(software ? 8 : 256, maxInvocations);

/** Most rows of a matrix: the kernels keep three vectors in the device's workgroup memory. */
export function mostRows({ info }: Device): number {
  return Math.floor((info.maxWorkgroupStorage - 16 * lanesOf(info)) / 48) * 4;
}

/** Reduces `count` matrices of `a` [B, n, n] from `first` on. */
export function tridiagonalize(a: Tensor, first: number, count: number): Tridiagonal {
  const { device, shape: [, n] } = a;
  const L = columnSubgroup(device);
  const { work, scales } = symmetricPart(a, first, count, 4 * (L ?? 1));
  const [, rows, columns] = work.shape;
  const tridiagonal = empty(device, "f32", [count, 3, n], "tridiagonalize");
  const call = {
    entry: "main",
    params: { n, rows, quads: columns / 4 },
    groups: [count] as const,
    flops: count * 4 / 3 * n ** 3, // Golub and Van Loan, section 8.3.1
  };
  const CAPACITY = Math.max(1024, columns);
  if (L) {
    const panel = empty(device, "f32", [count, PANEL, columns], "tridiagonalize");
    const panels = Math.ceil(n / PANEL);
    const products = empty(device, "f32", [count, panels, PANEL, PANEL], "tridiagonalize");
    const bind = { work, panel, tridiagonal, products };
    device.launch({ ...call, kernel: subgroupKernel, consts: { L, CAPACITY }, bind });
    return { tridiagonal, reflectors: work, scales, products };
  }
  const consts = { LANES: lanesOf(device.info), CAPACITY };
  device.launch({ ...call, kernel: plainKernel, consts, bind: { work, tridiagonal } });
  return { tridiagonal, reflectors: work, scales };
}
