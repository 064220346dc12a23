/**
 * Class token and positions before an image transformer.
 *
 * @module
 */
import source from "../../kernels/index/class_token.wgsl" with { type: "text" };
import { BYTES } from "../tensor/dtype.ts";
import { sameShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { sliceRows } from "./copy_rows.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";
import { sum } from "./reduce.ts";
import { vectorsOf } from "./vectors.ts";

const kernel = { name: "class_token", source };

const op = defineOp<[Tensor, Tensor, Tensor]>({
  name: "prependClassToken",
  forward([x, token, position]) {
    const { device } = x;
    const [batch, patches, floats] = x.shape;
    const y = empty(device, "f32", [batch, patches + 1, floats], "prependClassToken");
    const { T, width } = vectorsOf(floats);
    const size = (patches + 1) * width;
    const n = batch * size;
    device.launch({
      kernel,
      entry: "forward",
      consts: { T },
      bind: { x, token, position, y },
      params: { n, size, width },
      groups: pointwiseGroups(device, n),
    });
    return y;
  },
  gradient(dy, { needs }) {
    const { device } = dy;
    const [, , width] = dy.shape;
    const dx = needs[0] ? sliceRows(dy, 1) : undefined;
    if (!needs[1] && !needs[2]) return [dx];
    // dposition = sum over the batch of dy, and dtoken is its first row.
    const dposition = sum(dy, 0);
    if (!needs[1]) return [dx, undefined, dposition];
    const dtoken = empty(device, "f32", [width], "prependClassToken");
    device.copy(dposition, 0, dtoken, 0, width * BYTES.f32);
    return [dx, dtoken, needs[2] ? dposition : undefined];
  },
});

/**
 * Prepends the class token to the patches of every image and adds the positions (CLIP, and Dosovitskiy et
 * al., "An image is worth 16x16 words", 2021).
 *
 * @param patches [images, n, width].
 * @param token [width].
 * @param position [n + 1, width].
 * @returns [images, n + 1, width].
 * @throws {RangeError} if the shapes do not fit.
 */
export function prependClassToken(patches: Tensor, token: Tensor, position: Tensor): Tensor {
  const [, n, width] = patches.shape;
  const fits = patches.shape.length === 3 && sameShape(token.shape, [width]) &&
    sameShape(position.shape, [n + 1, width]);
  if (!fits) {
    throw new RangeError(
      `patches [${patches.shape}], class token [${token.shape}], positions [${position.shape}]`,
    );
  }
  return op([patches, token, position]);
}
