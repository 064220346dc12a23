/**
 * Householder reduction of symmetric matrices to tridiagonal form.
 *
 * @module
 */
import source from "../../kernels/linalg/tridiagonalize.wgsl" with { type: "text" };
import type { Device, DeviceInfo } from "../gpu/device.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";

const kernel = { name: "tridiagonalize", source };

/** `A = scale Q T Q'` for each matrix of a batch, as the kernels of the eigensolver pass it on. */
export interface Tridiagonal {
  /** [batch, 3, n]: the diagonal of T, its off-diagonal, the reflectors' factors tau. */
  readonly tridiagonal: Tensor;
  /** [batch, n, 4 ceil(n / 4)]: a reflector a row. */
  readonly reflectors: Tensor;
  /** [batch]: powers of two, or NaN for a matrix that is not finite. */
  readonly scales: Tensor;
}

/** Lanes of a workgroup: on a software device one subgroup, whose barriers cost nothing. */
function lanesOf({ software, maxInvocations }: DeviceInfo): number {
  return Math.min(software ? 8 : 256, maxInvocations);
}

/** Most rows of a matrix: the kernel keeps three vectors in the device's workgroup memory. */
export function mostRows({ info }: Device): number {
  return Math.floor((info.maxWorkgroupStorage - 16 * lanesOf(info)) / 48) * 4;
}

/** Reduces `count` matrices of `a` [B, n, n] from `first` on. */
export function tridiagonalize(a: Tensor, first: number, count: number): Tridiagonal {
  const { device } = a;
  const n = a.shape[1], quads = Math.ceil(n / 4);
  const tridiagonal = empty(device, "f32", [count, 3, n], "tridiagonalize");
  const reflectors = empty(device, "f32", [count, n, 4 * quads], "tridiagonalize");
  const scales = empty(device, "f32", [count], "tridiagonalize");
  device.launch({
    kernel,
    entry: "main",
    consts: { LANES: lanesOf(device.info), CAPACITY: Math.max(1024, 4 * quads) },
    bind: { a, work: reflectors, tridiagonal, scales },
    params: { n, quads, first, nan: NaN },
    groups: [count],
  });
  return { tridiagonal, reflectors, scales };
}
