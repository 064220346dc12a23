/**
 * Mean pooling under a mask.
 *
 * @module
 */
import source from "../../kernels/reduce/masked_mean.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { vectorsOf } from "./vectors.ts";

const kernel = { name: "masked_mean", source };
const LANES = 64;

function launch(
  entry: "forward" | "backward",
  bind: Record<string, Tensor>,
  shape: readonly number[],
) {
  const { device } = bind.mask;
  const [batch, rows, floats] = shape;
  const { T, width } = vectorsOf(floats);
  const n = batch * width;
  const groups = Math.min(Math.ceil(n / LANES), device.info.maxWorkgroups);
  device.launch({
    kernel,
    entry,
    consts: { T },
    bind,
    params: { n, rows, width },
    groups: [groups],
  });
}

const op = defineOp<[Tensor, Tensor]>({
  name: "maskedMean",
  forward([x, mask], _, save) {
    const [batch, , width] = x.shape;
    const y = empty(x.device, "f32", [batch, width], "maskedMean");
    launch("forward", { x, mask, y }, x.shape);
    save(mask);
    return y;
  },
  gradient(dy, { saved: [mask] }) {
    const shape = [...mask!.shape, dy.shape[1]];
    const dx = empty(dy.device, "f32", shape, "maskedMean");
    launch("backward", { mask: mask!, dy, dx }, shape);
    return [dx];
  },
});

/**
 * The weighted mean over the rows, `sum_t m_t x_t / sum_t m_t`, with 1 as the divisor where the mask is
 * all zero (CLIP4Clip's mean pooling). No gradient reaches the mask.
 *
 * @param x [batch, rows, width].
 * @param mask f32 [batch, rows].
 * @returns [batch, width].
 * @throws {RangeError} if the shapes do not fit.
 */
export function maskedMean(x: Tensor, mask: Tensor): Tensor {
  const fits = x.shape.length === 3 && mask.shape.length === 2 &&
    mask.shape[0] === x.shape[0] && mask.shape[1] === x.shape[1];
  if (!fits) throw new RangeError(`a mask [${mask.shape}] for [${x.shape}]`);
  return op([x, mask]);
}
