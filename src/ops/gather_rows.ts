/**
 * Rows by index.
 *
 * @module
 */
import source from "../../kernels/index/gather_rows.wgsl" with { type: "text" };
import type { Shape } from "../tensor/shape.ts";
import { empty, type Tensor, zeros } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";
import { vectorsOf } from "./vectors.ts";

const kernel = { name: "gather_rows", source };

/** Lanes that the gradient should occupy, on a GPU and on a software device. */
const GPU_LANES = 8192;
const SOFTWARE_LANES = 128;
const COLUMN_LANES = 64;

/** A gather from [batch, rows, width] by ids [batch, count]. */
interface Gather {
  readonly batch: number;
  readonly rows: number;
  readonly count: number;
  readonly width: number;
  /** Shapes of the source and of the output. */
  readonly from: Shape;
  readonly to: Shape;
}

/** The op that {@link gatherRows}, `embedding` and `selectToken` share. */
export const gather = defineOp<[Tensor, Tensor], Gather>({
  name: "gatherRows",
  forward([x, ids], { batch, rows, count, width: floats, to }, save) {
    const { device } = x;
    const y = empty(device, "f32", to, "gatherRows");
    const { T, width } = vectorsOf(floats);
    device.launch({
      kernel,
      entry: "forward",
      consts: { T },
      bind: { x, ids, y },
      params: { batch, rows, count, width, parts: 1, nan: NaN },
      groups: pointwiseGroups(device, batch * count * width),
    });
    save(ids);
    return y;
  },
  gradient(dy, { saved: [ids], attributes: { batch, rows, count, width: floats, from } }) {
    const { device } = dy;
    const dx = zeros(device, "f32", from);
    const { T, width } = vectorsOf(floats);
    const wanted = (device.info.software ? SOFTWARE_LANES : GPU_LANES) / (batch * width);
    const parts = 2 ** Math.max(0, Math.floor(Math.log2(Math.min(wanted, rows))));
    const groups = Math.ceil(batch * parts * width / COLUMN_LANES);
    device.launch({
      kernel,
      entry: "backward",
      consts: { T },
      bind: { dy, ids: ids!, dx },
      params: { batch, rows, count, width, parts, nan: NaN },
      groups: [Math.min(groups, device.info.maxWorkgroups)],
    });
    return [dx];
  },
});

/**
 * Gathers rows: `y[b, k] = x[b, ids[b, k]]`. The gradient adds up where an id repeats, always in the
 * same order. An id outside the rows gives a row of NaN.
 *
 * @param x [batch, rows, width].
 * @param ids i32 or u32 [batch, count].
 * @returns [batch, count, width].
 * @throws {RangeError} if the shapes do not fit.
 */
export function gatherRows(x: Tensor, ids: Tensor): Tensor {
  const [batch, rows, width] = x.shape;
  const [idBatch, count] = ids.shape;
  if (x.shape.length !== 3 || ids.shape.length !== 2 || batch !== idBatch) {
    throw new RangeError(`rows of [${x.shape}] by ids [${ids.shape}]`);
  }
  return gather([x, ids], { batch, rows, count, width, from: x.shape, to: [batch, count, width] });
}
