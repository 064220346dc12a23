/**
 * Symmetric matrices made ready for a reduction that overwrites them.
 *
 * @module
 */
import source from "../../kernels/linalg/symmetric_part.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";

const kernel = { name: "symmetric_part", source };
/** Rows are padded to a multiple of this. */
const ROW_UNIT = 8;

/** Matrices of a batch, `scale * work`. */
export interface Scaled {
  /** [count, rows, columns], padded with zeros. */
  readonly work: Tensor;
  /** [count]: powers of two, or NaN for a matrix that is not finite. */
  readonly scales: Tensor;
}

/**
 * The symmetric parts of `count` matrices of `a` [B, n, n] from `first` on, with columns padded to a multiple
 * of `columnUnit`, itself a multiple of four.
 */
export function symmetricPart(
  a: Tensor,
  first: number,
  count: number,
  columnUnit: number,
): Scaled {
  const { device, shape: [, n] } = a;
  const rows = Math.ceil(n / ROW_UNIT) * ROW_UNIT;
  const quads = Math.ceil(n / columnUnit) * columnUnit / 4;
  const work = empty(device, "f32", [count, rows, 4 * quads], "symmetricPart");
  const scales = empty(device, "f32", [count], "symmetricPart");
  device.launch({
    kernel,
    entry: "main",
    consts: { LANES: device.info.software ? 8 : Math.min(256, device.info.maxInvocations) },
    bind: { a, work, scales },
    params: { n, rows, quads, first, nan: NaN },
    groups: [count],
  });
  return { work, scales };
}
