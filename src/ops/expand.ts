/**
 * Broadcasting: how operands stretch to a common shape.
 *
 * @module
 */
import source from "../../kernels/pointwise/expand.wgsl" with { type: "text" };
import { type Shape, sizeOf } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { pointwiseGroups } from "./grid.ts";

const kernel = { name: "expand", source };

/** Most dimensions that the kernels index. */
const RANK = 4;

/** What the broadcasting kernels need to know of a call. */
export interface Broadcast {
  /** `T` and `RANK` of the kernel. */
  readonly consts: { readonly T: "f32" | "vec4f"; readonly RANK: number };
  /** `n`, the sizes `d1` to `d3`, and the strides `a0` to `a3`, `b0` to `b3` of the operands. */
  readonly params: Readonly<Record<string, number>>;
  /** Number of `T` in the output. */
  readonly n: number;
}

/**
 * Plans the broadcast of one or two operands to `out`. Neighbouring dimensions that stretch alike become
 * one; vectors of four are used where every operand is contiguous in the innermost dimension.
 *
 * @throws {RangeError} if more than four dimensions are left.
 */
export function planBroadcast(operands: readonly Shape[], out: Shape): Broadcast {
  const dims: { size: number; stretched: boolean[] }[] = [];
  out.forEach((size, i) => {
    if (size === 1) return;
    const stretched = operands.map((shape) => (shape[i - out.length + shape.length] ?? 1) === 1);
    const last = dims.at(-1);
    if (last?.stretched.every((s, k) => s === stretched[k])) last.size *= size;
    else dims.push({ size, stretched });
  });
  if (dims.length > RANK) {
    throw new RangeError(`[${operands.join("] and [")}] broadcast too deeply`);
  }
  if (dims.length === 0) dims.push({ size: 1, stretched: operands.map(() => false) });

  const inner = dims.at(-1)!;
  const contiguous = inner.stretched.every((s) => !s);
  // The elements past the end of a tensor, up to 16 bytes, may be read and written.
  const vectors = contiguous && (dims.length === 1 || inner.size % 4 === 0);
  if (vectors) inner.size = Math.ceil(inner.size / 4);

  const n = sizeOf(dims.map((d) => d.size));
  const params: Record<string, number> = { n };
  const padding = RANK - dims.length;
  for (let i = 1; i < RANK; i++) params[`d${i}`] = dims[i - padding]?.size ?? 1;
  operands.forEach((_, k) => {
    let stride = 1;
    for (let i = RANK - 1; i >= 0; i--) {
      const dim = dims[i - padding];
      params["ab"[k] + i] = dim && !dim.stretched[k] ? stride : 0;
      if (dim && !dim.stretched[k]) stride *= dim.size;
    }
  });
  return { consts: { T: vectors ? "vec4f" : "f32", RANK: dims.length }, params, n };
}

/** `scale * x`, stretched to `shape`; records no gradient. */
export function expand(x: Tensor, shape: Shape, scale = 1): Tensor {
  const { device } = x;
  const y = empty(device, "f32", shape, "expand");
  const { consts, params, n } = planBroadcast([x.shape], shape);
  device.launch({
    kernel,
    entry: "forward",
    consts,
    bind: { x, y },
    params: { ...params, scale },
    groups: pointwiseGroups(device, n),
  });
  return y;
}
