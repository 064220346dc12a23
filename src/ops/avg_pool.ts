/**
 * Average pooling of images.
 *
 * @module
 */
import source from "../../kernels/reduce/avg_pool.wgsl" with { type: "text" };
import type { Shape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";
import { vectorsOf } from "./vectors.ts";

const kernel = { name: "avg_pool", source };

interface Attributes {
  readonly side: number;
  /** Shapes of the images and of what is left of them. */
  readonly from: Shape;
  readonly to: Shape;
}

function launch(entry: "forward" | "backward", { side, from, to }: Attributes, x: Tensor): Tensor {
  const { device } = x, shape = entry === "forward" ? to : from;
  const y = empty(device, "f32", shape, "avgPool");
  const { T, width: channels } = vectorsOf(from[3]);
  const n = shape[0] * shape[1] * shape[2] * channels;
  device.launch({
    kernel,
    entry,
    consts: { T, SIDE: side },
    bind: entry === "forward" ? { x, y } : { dy: x, dx: y },
    params: {
      n,
      height: from[1],
      width: from[2],
      out_height: to[1],
      out_width: to[2],
      channels,
    },
    groups: pointwiseGroups(device, n),
  });
  return y;
}

const op = defineOp<[Tensor], Attributes>({
  name: "avgPool",
  forward: ([x], attributes) => launch("forward", attributes, x),
  gradient: (dy, { attributes }) => [launch("backward", attributes, dy)],
});

/**
 * The mean of every square of `side` x `side` pixels; squares lie side by side, and rows and columns that
 * fill none are left out (PyTorch's `AvgPool2d(side)`).
 *
 * @param x [images, height, width, channels].
 * @returns [images, height / side, width / side, channels], rounded down.
 * @throws {RangeError} if `x` has other dimensions.
 */
export function avgPool(x: Tensor, side: number): Tensor {
  const [images, height, width, channels] = x.shape;
  if (x.shape.length !== 4) throw new RangeError(`avgPool: [${x.shape}] are no images`);
  const to = [images, Math.floor(height / side), Math.floor(width / side), channels];
  return op([x], { side, from: x.shape, to });
}
