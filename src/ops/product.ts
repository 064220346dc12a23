/**
 * What the kernels of a matrix product share: sizes, bindings, epilogue.
 *
 * @module
 */
import type { Specialisation } from "../gpu/shader.ts";
import type { FloatType } from "../tensor/dtype.ts";
import { sameShape, sizeOf } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import type { Input } from "./define.ts";
import { storageAliases } from "./storage.ts";

/** How a product reads its operands and what it does with its sums. */
export interface ProductForm {
  /** `a` is stored [.., K, M]. */
  readonly transposeA: boolean;
  /** `b` is stored [.., N, K]. */
  readonly transposeB: boolean;
  /** Factor of the sums. */
  readonly alpha: number;
  /** Whether QuickGELU is applied after the bias. */
  readonly quickGelu: boolean;
}

/** A product C [batch, rows, cols] over `inner`, ready to be launched. */
export interface Product extends ProductForm {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly bias: Input;
  readonly residual: Input;
  /** The result, not yet written. */
  readonly c: Tensor;
  readonly batch: number;
  readonly rows: number;
  readonly inner: number;
  readonly cols: number;
}

/**
 * Allocates the result of a product, of the given type.
 *
 * @throws {RangeError} if the shapes do not multiply, or those of bias and residual do not fit.
 */
export function product(
  a: Tensor,
  b: Tensor,
  bias: Input,
  residual: Input,
  form: ProductForm,
  dtype: FloatType,
): Product {
  const { transposeA, transposeB } = form;
  const [am, ak] = a.shape.slice(-2), [bk, bn] = b.shape.slice(-2);
  const [m, inner] = transposeA ? [ak, am] : [am, ak];
  const [against, cols] = transposeB ? [bn, bk] : [bk, bn];
  const lead = a.shape.slice(0, -2);
  const shared = b.shape.length === 2 && !transposeA;
  const matched = shared || sameShape(lead, b.shape.slice(0, -2));
  if (a.shape.length < 2 || inner !== against || !matched || (transposeA && transposeB)) {
    const stored = (x: Tensor, transposed: boolean) =>
      `${transposed ? "transposed " : ""}[${x.shape}]`;
    throw new RangeError(
      `matmul: ${stored(a, transposeA)} and ${stored(b, transposeB)} do not multiply`,
    );
  }
  const [batch, rows] = shared ? [1, sizeOf(lead) * m] : [sizeOf(lead), m];
  const c = empty(a.device, dtype, [...lead, m, cols], "matmul");
  if (bias && bias.size !== cols) throw new RangeError(`matmul: bias [${bias.shape}], not ${cols}`);
  if (residual && residual.size !== c.size) {
    throw new RangeError(`matmul: residual [${residual.shape}], not [${c.shape}]`);
  }
  return { a, b, bias, residual, c, batch, rows, inner, cols, ...form };
}

/** Whether there is anything to sum, and operands and result are stored in whole vec4. */
export function linesUp({ rows, inner, cols, transposeA, transposeB }: Product): boolean {
  const storedAlongK = !transposeA || transposeB;
  return inner > 0 && cols % 4 === 0 && (!transposeA || rows % 4 === 0) &&
    (!storedAlongK || inner % 4 === 0);
}

/** What the launches of every kernel of a product have in common. */
export function productCall({ a, b, bias, residual, c, ...sizes }: Product) {
  const { batch, rows, inner, cols, quickGelu } = sizes;
  return {
    entry: "main",
    consts: { BIAS: !!bias, QUICK_GELU: quickGelu, RESIDUAL: !!residual },
    // A binding that the epilogue does not read still needs a buffer.
    bind: { a, b, bias: bias ?? a, residual: residual ?? a, c },
    flops: 2 * batch * rows * inner * cols,
  };
}

/** What a kernel of a product binds. */
export type ProductBindings = Readonly<Record<"a" | "b" | "bias" | "residual" | "c", Tensor>>;

/** The storage aliases of a kernel over what it binds. */
export function productAliases(
  { a, b, bias, residual, c }: ProductBindings,
  vectors: boolean,
): Specialisation {
  return storageAliases({ A: a, B: b, Bias: bias, Residual: residual, C: c }, vectors);
}
