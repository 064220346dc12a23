/**
 * Matrix products: the three forms that a network and its gradients need, batched, with the epilogues
 * of a transformer block fused.
 *
 * @module
 */
import source from "../../kernels/linalg/matmul.wgsl" with { type: "text" };
import type { FloatType } from "../tensor/dtype.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { cast, type Like, likeOf, typeOf } from "./cast.ts";
import { defineOp, type Input } from "./define.ts";
import { multiplyInSubgroups, subgroupLanes } from "./matmul_subgroup.ts";
import { multiplyWide, wideTile } from "./matmul_wide.ts";
import { type Product, product, productAliases, productCall, type ProductForm } from "./product.ts";
import { sumTo } from "./reduce.ts";

const kernel = { name: "matmul", source };

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
  /** Type of the product. Default: that of `a`. */
  readonly dtype?: FloatType;
}

interface Attributes extends ProductForm {
  readonly dtype: FloatType;
  readonly biasShape?: Shape;
  readonly residualLike?: Like;
}

/** Records a product with the kernel for its device and sizes, and gives its result. */
function multiply(
  a: Tensor,
  b: Tensor,
  bias: Input,
  residual: Input,
  form: ProductForm,
  dtype: FloatType,
): Tensor {
  const it = product(a, b, bias, residual, form, dtype);
  const lanes = subgroupLanes(it), tile = lanes ? undefined : wideTile(it);
  if (lanes) multiplyInSubgroups(it, lanes);
  else if (tile) multiplyWide(it, tile);
  else multiplyTiled(it);
  return it.c;
}

/** Records a product of any sizes on any device. */
function multiplyTiled(it: Product): void {
  const { a: { device }, rows, inner, cols, batch, transposeA, transposeB, alpha } = it;
  const { consts, ...call } = productCall(it), storage = productAliases(call.bind, false);
  device.launch({
    ...call,
    kernel,
    consts: { TRANSPOSE_A: transposeA, TRANSPOSE_B: transposeB, ...consts, ...storage },
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

const op = defineOp<[a: Tensor, b: Tensor, bias: Input, residual: Input], Attributes>({
  name: "matmul",
  forward([a, b, bias, residual], attributes, save) {
    save(a, b);
    return multiply(a, b, bias, residual, attributes, attributes.dtype);
  },
  gradient(dc, { saved: [a, b], attributes, needs }) {
    const { transposeA, transposeB, alpha, biasShape, residualLike } = attributes;
    // Weights that a whole batch shares collect their gradient over all its rows.
    const shared = b!.shape.length === 2;
    const flat = (x: Tensor) =>
      shared ? x.reshape([sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]) : x;
    const grad = (x: Tensor, y: Tensor, tx: boolean, ty: boolean, of: Tensor) => {
      const form = { transposeA: tx, transposeB: ty, alpha, quickGelu: false };
      return multiply(x, y, undefined, undefined, form, typeOf(of));
    };
    return [
      // C = A B: dA = dC B'. C = A B': dA = dC B. C = A' B: dA = B dC'.
      needs[0]
        ? transposeA ? grad(b!, dc, false, true, a!) : grad(dc, b!, false, !transposeB, a!)
        : undefined,
      // C = A B: dB = A' dC. C = A B': dB = dC' A. C = A' B: dB = A dC.
      needs[1]
        ? transposeB
          ? grad(flat(dc), flat(a!), true, false, b!)
          : grad(flat(a!), flat(dc), !transposeA, false, b!)
        : undefined,
      needs[2] ? cast(sumTo(dc, biasShape!), "f32") : undefined,
      needs[3] ? cast(dc, residualLike!.dtype).reshape(residualLike!.shape) : undefined,
    ];
  },
});

/**
 * `alpha * op(a) op(b) + bias + residual`, batched over the leading dimensions: those of `b` are the
 * same, or absent (weights that the whole batch shares).
 *
 * Operands, residual and product are f32 or f16, each as it comes; sums are f32, and so are biases. The
 * gradient of an operand has the operand's type.
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
  { transposeA = false, transposeB = false, bias, residual, alpha = 1, dtype = typeOf(a) }:
    & MatmulOptions
    & { readonly alpha?: number } = {},
): Tensor {
  return op([a, b, bias, residual], {
    transposeA,
    transposeB,
    alpha,
    quickGelu: false,
    dtype,
    biasShape: bias?.shape,
    residualLike: residual && likeOf(residual),
  });
}

/**
 * `quickGelu(op(a) op(b) + bias)` in one kernel. It keeps nothing for a gradient: for inference.
 */
export function matmulQuickGelu(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, bias, residual, dtype = typeOf(a) } = options;
  const form = { transposeA, transposeB, alpha: 1, quickGelu: true };
  return multiply(a, b, bias, residual, form, dtype);
}
