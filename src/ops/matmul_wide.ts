/**
 * Matrix products on GPUs: see `matmul_wide.wgsl`. Its tiles follow from the algorithm; no GPU was at hand
 * to measure them on.
 *
 * @module
 */
import source from "../../kernels/linalg/matmul_wide.wgsl" with { type: "text" };
import { Scope } from "../tensor/scope.ts";
import { empty } from "../tensor/tensor.ts";
import { pointwiseGroups } from "./grid.ts";
import { linesUp, type Product, productAliases, productCall } from "./product.ts";

const kernel = { name: "matmul_wide", source };

/** Inner steps of a round: the kernel's STEP. */
const STEP = 16;
/** Lanes below which a product is cut finer: about what a middling GPU runs at once. */
const ENOUGH = 16384;
/** Shortest part of the inner dimension: what its sums cost to add up is then little beside it. */
const LEAST_PART = 256;

/** How a product is cut. */
export interface WideTile {
  /** Rows and columns of a workgroup. */
  readonly side: 64 | 128;
  /** Parts of the inner dimension, each summed by a workgroup of its own. */
  readonly parts: number;
}

/**
 * The tile for a product on a GPU; undefined on software devices, and where the operands do not line up in
 * vec4 or are smaller than half a tile: `matmul.wgsl` takes those.
 */
export function wideTile(product: Product): WideTile | undefined {
  const { a: { device }, rows, inner, cols, batch } = product;
  if (device.info.software || !linesUp(product)) return undefined;
  if (rows < 32 || cols < 32 || batch === 0) return undefined;
  const lanes = (side: number) =>
    batch * Math.ceil(rows / side) * Math.ceil(cols / side) * side ** 2 / 64;
  const side = lanes(128) >= ENOUGH ? 128 : 64;
  const wanted = Math.ceil(ENOUGH / lanes(side));
  return { side, parts: Math.max(1, Math.min(wanted, Math.floor(inner / LEAST_PART))) };
}

/** Records a product cut as `tile` says. */
export function multiplyWide(product: Product, { side, parts }: WideTile): void {
  const { a: { device }, c, rows, inner, cols, batch, transposeA, transposeB, alpha } = product;
  const { bind, consts, ...call } = productCall(product);
  const c_stride = rows * cols / 4, n = batch * c_stride;
  const params = {
    rows,
    inner,
    cols: cols / 4,
    a_stride: rows * inner / 4,
    b_stride: inner * cols / 4,
    c_stride,
    parts,
    span: Math.ceil(inner / parts / STEP) * STEP,
    n,
  };
  const tile = {
    TRANSPOSE_A: transposeA,
    TRANSPOSE_B: transposeB,
    TILE_ROWS: side,
    TILE_COLS: side,
  };
  const groups = [Math.ceil(cols / side), Math.ceil(rows / side), batch * parts] as const;
  using _scope = new Scope(device); // gives the parts back
  const partial = parts > 1
    ? empty(device, "f32", [batch, parts, rows, cols], "matmul_wide")
    : undefined;
  const none = { BIAS: false, QUICK_GELU: false, RESIDUAL: false };
  const main = { ...bind, c: partial ?? c };
  device.launch({
    ...call,
    kernel,
    consts: { ...tile, ...(partial ? none : consts), ...productAliases(main, true) },
    bind: main,
    params: { ...params, alpha: partial ? 1 : alpha },
    groups,
  });
  if (!partial) return;
  device.launch({
    kernel,
    entry: "finish",
    consts: { ...consts, ...productAliases(bind, true) },
    bind: { ...bind, partial },
    params: { ...params, alpha },
    groups: pointwiseGroups(device, n),
  });
}
