/**
 * Matrix products: the three forms that a network and its gradients need, batched, with the epilogues
 * of a transformer block fused.
 *
 * @module
 */
import tiled from "../../kernels/linalg/matmul.wgsl" with { type: "text" };
import subgroup from "../../kernels/linalg/matmul_subgroup.wgsl" with { type: "text" };
import type { Device } from "../gpu/device.ts";
import { Scope } from "../tensor/scope.ts";
import { sameShape, type Shape, sizeOf } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp, type Input } from "./define.ts";
import { packPanels } from "./pack_panels.ts";
import { sumTo } from "./reduce.ts";
import { smallSubgroup } from "./small_subgroup.ts";

const tiledKernel = { name: "matmul", source: tiled };
const subgroupKernel = { name: "matmul_subgroup", source: subgroup };

/** Options of {@link matmul}. */
export interface MatmulOptions {
  /** `a` is stored [.., K, M]. Not together with `transposeB`. */
  readonly transposeA?: boolean;
  /** `b` is stored [.., N, K], as the weights of a linear layer are. */
  readonly transposeB?: boolean;
  /** Added to every row: [N]. */
  readonly bias?: Tensor;
  /** Added to the product: the product's shape. */
  readonly residual?: Tensor;
}

interface Attributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly alpha: number;
  readonly quickGelu: boolean;
  readonly biasShape?: Shape;
  readonly residualShape?: Shape;
}

/** Sizes of a product: C [batch, rows, cols] over `inner`. */
interface Sizes {
  readonly batch: number;
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
}

function sizesOf(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Sizes {
  const [am, ak] = a.shape.slice(-2), [bk, bn] = b.shape.slice(-2);
  const [rows, inner] = transposeA ? [ak, am] : [am, ak];
  const [against, cols] = transposeB ? [bn, bk] : [bk, bn];
  const lead = a.shape.slice(0, -2);
  const shared = b.shape.length === 2 && !transposeA;
  const matched = shared || sameShape(lead, b.shape.slice(0, -2));
  if (a.shape.length < 2 || inner !== against || !matched || (transposeA && transposeB)) {
    const form = `${transposeA ? "transposed " : ""}[${a.shape}] and ${
      transposeB ? "transposed " : ""
    }[${b.shape}]`;
    throw new RangeError(`matmul: ${form} do not multiply`);
  }
  return shared
    ? { batch: 1, rows: sizeOf(lead) * rows, inner, cols }
    : { batch: sizeOf(lead), rows, inner, cols };
}

/** How the kernel walks an operand, in vec4: see `matmul_subgroup.wgsl`. */
interface Walk {
  readonly operand: Tensor;
  readonly batch: number;
  readonly panel: number;
  readonly step: number;
}

/** An operand of `across` rows (or columns) of the product, stored along them or else along `inner`. */
function walk(
  operand: Tensor,
  { across, along, batch, inner, lanes }: {
    across: number;
    along: boolean;
    batch: number;
    inner: number;
    lanes: number;
  },
): Walk {
  if (along) return { operand, batch: inner * across / 4, panel: lanes, step: across / 4 };
  const packed = packPanels(operand, { batch, rows: across, inner, lanes });
  const panel = inner * lanes;
  return { operand: packed, batch: panel * packed.shape[1], panel, step: lanes };
}

/** Lanes of a subgroup on software devices with small ones, where the operands line up in vec4. */
function subgroupLanes(
  device: Device,
  { rows, inner, cols }: Sizes,
  { transposeA, transposeB }: Attributes,
): number | undefined {
  const aligned = cols % 4 === 0 && (!transposeA || rows % 4 === 0);
  const packable = inner % 4 === 0 || (transposeA && !transposeB);
  return aligned && packable && inner > 0 ? smallSubgroup(device) : undefined;
}

/** Allocates the product and records the kernel. */
function multiply(
  a: Tensor,
  b: Tensor,
  bias: Input,
  residual: Input,
  attributes: Attributes,
): Tensor {
  const { device } = a;
  const { transposeA, transposeB, alpha, quickGelu } = attributes;
  const sizes = sizesOf(a, b, transposeA, transposeB);
  const { rows, inner, cols, batch } = sizes;
  const shape = [...a.shape.slice(0, -2), a.shape.at(transposeA ? -1 : -2)!, cols];
  const c = empty(device, "f32", shape, "matmul");
  if (bias && bias.size !== cols) throw new RangeError(`matmul: bias [${bias.shape}], not ${cols}`);
  if (residual && residual.size !== c.size) {
    throw new RangeError(`matmul: residual [${residual.shape}], not [${c.shape}]`);
  }
  const epilogue = { BIAS: !!bias, QUICK_GELU: quickGelu, RESIDUAL: !!residual };
  // A binding that the epilogue does not read still needs a buffer.
  const bind = { a, b, bias: bias ?? a, residual: residual ?? a, c };
  const call = { entry: "main", flops: 2 * batch * rows * inner * cols };
  const lanes = subgroupLanes(device, sizes, attributes);
  if (lanes) {
    const common = { batch, inner, lanes };
    using _scope = new Scope(device); // gives the panels back
    const left = walk(a, { across: rows, along: transposeA, ...common });
    const right = walk(b, { across: cols, along: !transposeB, ...common });
    device.launch({
      ...call,
      kernel: subgroupKernel,
      consts: { L: lanes, ...epilogue },
      bind: { ...bind, a: left.operand, b: right.operand },
      params: {
        rows,
        inner,
        cols: cols / 4,
        a_batch: left.batch,
        a_panel: left.panel,
        a_step: left.step,
        b_batch: right.batch,
        b_panel: right.panel,
        b_step: right.step,
        c_batch: rows * cols / 4,
        alpha,
      },
      groups: [Math.ceil(cols / 8 / lanes), Math.ceil(rows / 4 / lanes), batch],
    });
  } else {
    device.launch({
      ...call,
      kernel: tiledKernel,
      consts: { TRANSPOSE_A: transposeA, TRANSPOSE_B: transposeB, ...epilogue },
      bind,
      params: {
        rows,
        inner,
        cols,
        a_stride: rows * inner,
        b_stride: inner * cols,
        c_stride: rows * cols,
        alpha,
      },
      groups: [Math.ceil(cols / 64), Math.ceil(rows / 64), batch],
    });
  }
  return c;
}

const op = defineOp<[a: Tensor, b: Tensor, bias: Input, residual: Input], Attributes>({
  name: "matmul",
  forward([a, b, bias, residual], attributes, save) {
    save(a, b);
    return multiply(a, b, bias, residual, attributes);
  },
  gradient(dc, { saved: [a, b], attributes, needs }) {
    const { transposeA, transposeB, alpha, biasShape, residualShape } = attributes;
    // Weights that a whole batch shares collect their gradient over all its rows.
    const shared = b!.shape.length === 2;
    const flat = (x: Tensor) =>
      shared ? x.reshape([sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]) : x;
    const product = (x: Tensor, y: Tensor, tx: boolean, ty: boolean) =>
      multiply(x, y, undefined, undefined, {
        transposeA: tx,
        transposeB: ty,
        alpha,
        quickGelu: false,
      });
    return [
      // C = A B: dA = dC B'. C = A B': dA = dC B. C = A' B: dA = B dC'.
      needs[0]
        ? transposeA ? product(b!, dc, false, true) : product(dc, b!, false, !transposeB)
        : undefined,
      // C = A B: dB = A' dC. C = A B': dB = dC' A. C = A' B: dB = A dC.
      needs[1]
        ? transposeB
          ? product(flat(dc), flat(a!), true, false)
          : product(flat(a!), flat(dc), !transposeA, false)
        : undefined,
      needs[2] ? sumTo(dc, biasShape!) : undefined,
      needs[3] ? dc.reshape(residualShape!) : undefined,
    ];
  },
});

/**
 * `alpha * op(a) op(b) + bias + residual`, batched over the leading dimensions: those of `b` are the
 * same, or absent (weights that the whole batch shares).
 *
 * @param a [.., M, K], or [.., K, M] with `transposeA`.
 * @param b [.., K, N], or [.., N, K] with `transposeB`.
 * @returns [.., M, N].
 * @throws {RangeError} if the shapes do not multiply.
 *
 * @example
 * ```ts ignore
 * const y = matmul(x, weight, { transposeB: true, bias }); // a linear layer
 * ```
 */
export function matmul(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false, bias, residual, alpha = 1 }:
    & MatmulOptions
    & { readonly alpha?: number } = {},
): Tensor {
  return op([a, b, bias, residual], {
    transposeA,
    transposeB,
    alpha,
    quickGelu: false,
    biasShape: bias?.shape,
    residualShape: residual?.shape,
  });
}

/**
 * `quickGelu(op(a) op(b) + bias)` in one kernel. It keeps nothing for a gradient: for inference.
 */
export function matmulQuickGelu(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, bias, residual } = options;
  return multiply(a, b, bias, residual, { transposeA, transposeB, alpha: 1, quickGelu: true });
}
