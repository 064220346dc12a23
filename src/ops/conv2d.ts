/**
 * Convolution of images.
 *
 * @module
 */
import tiled from "../../kernels/linalg/conv2d.wgsl" with { type: "text" };
import layout from "../../kernels/linalg/conv2d_layout.wgsl" with { type: "text" };
import subgroup from "../../kernels/linalg/conv2d_subgroup.wgsl" with { type: "text" };
import type { Device } from "../gpu/device.ts";
import type { Shape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./reduce.ts";
import { smallSubgroup } from "./small_subgroup.ts";

const tiledKernel = { name: "conv2d", source: tiled };
const subgroupKernel = { name: "conv2d_subgroup", source: subgroup };
const layoutKernel = { name: "conv2d_layout", source: layout };

/** Options of {@link conv2d}. */
export interface Conv2dOptions {
  /** Pixels from one position to the next, down and across. Default 1. */
  readonly stride?: number;
  /** Rows and columns of zeros around an image. Default 0. */
  readonly padding?: number;
}

/** Workgroups that the gradient to the weights should occupy on a GPU: pixels are cut into parts for it. */
const GPU_GROUPS = 512;
/** Fewest pixels of a part. */
const SPAN = 256;

/** One pass of the implicit GEMM, by the fields of the kernel's `Params`. */
interface Pass {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outputs: number;
  readonly tapsY: number;
  readonly tapsX: number;
  readonly stride: number;
  readonly step: number;
  readonly padY: number;
  readonly padX: number;
}

/** The forward pass. */
function passOf(x: Shape, w: Shape, { stride = 1, padding = 0 }: Conv2dOptions): Pass {
  const [images, height, width, channels] = x, [outputs, against, tapsY, tapsX] = w;
  const outHeight = Math.floor((height + 2 * padding - tapsY) / stride) + 1;
  const outWidth = Math.floor((width + 2 * padding - tapsX) / stride) + 1;
  const fits = x.length === 4 && w.length === 4 && channels === against &&
    outHeight > 0 && outWidth > 0 && height > 0 && width > 0;
  if (!fits) throw new RangeError(`conv2d: images [${x}] with weights [${w}]`);
  return {
    images,
    height,
    width,
    channels,
    outHeight,
    outWidth,
    outputs,
    tapsY,
    tapsX,
    stride,
    step: 1,
    padY: padding,
    padX: padding,
  };
}

/** The pass that takes the gradient back to the images: over `dy`, with the weights turned. */
function turned({ padY, padX, ...p }: Pass): Pass {
  return {
    ...p,
    height: p.outHeight,
    width: p.outWidth,
    channels: p.outputs,
    outHeight: p.height,
    outWidth: p.width,
    outputs: p.channels,
    stride: 1,
    step: p.stride,
    padY: p.tapsY - 1 - padY,
    padX: p.tapsX - 1 - padX,
  };
}

/** Lanes of a subgroup on software devices with small ones, where channels line up in vec4. */
function subgroupLanes(device: Device, { channels, outputs }: Pass): number | undefined {
  const aligned = channels % 4 === 0 && outputs % 4 === 0 && channels > 0;
  return aligned ? smallSubgroup(device) : undefined;
}

/** What both kernels are launched with. */
function callOf(device: Device, pass: Pass, span: number) {
  const lanes = subgroupLanes(device, pass), unit = lanes ? 4 : 1;
  const pixels = pass.images * pass.outHeight * pass.outWidth, taps = pass.tapsY * pass.tapsX;
  return {
    lanes,
    kernel: lanes ? subgroupKernel : tiledKernel,
    // Of the taps in a row and in a column, STEP meets only one in so many.
    flops: 2 * pixels * taps * pass.channels * pass.outputs / pass.step ** 2,
    consts: { STEP: pass.step, ...lanes && { L: lanes } },
    params: {
      pixels,
      channels: pass.channels / unit,
      cols: pass.outputs / unit,
      height: pass.height,
      width: pass.width,
      out_height: pass.outHeight,
      out_width: pass.outWidth,
      taps,
      taps_x: pass.tapsX,
      stride: pass.stride,
      pad_y: pass.padY,
      pad_x: pass.padX,
      span,
    },
  };
}

/** Runs a pass over `x` with weights [taps, channels, outputs]. */
function convolve(x: Tensor, w: Tensor, pass: Pass): Tensor {
  const { device } = x;
  const { images, outHeight, outWidth, outputs } = pass;
  const y = empty(device, "f32", [images, outHeight, outWidth, outputs], "conv2d");
  const { lanes, ...call } = callOf(device, pass, 0);
  const rows = Math.ceil(call.params.pixels / (lanes ? 16 : 64));
  const folds = Math.ceil(rows / device.info.maxWorkgroups);
  device.launch({
    ...call,
    entry: "forward",
    bind: { x, w, y },
    groups: [Math.ceil(outputs / (lanes ? 4 * lanes : 64)), Math.ceil(rows / folds), folds],
  });
  return y;
}

/** The gradient to the weights, [taps, channels, outputs]. */
function weightGradient(x: Tensor, dy: Tensor, pass: Pass): Tensor {
  const { device } = x;
  const { channels, outputs, tapsY, tapsX } = pass;
  const pixels = pass.images * pass.outHeight * pass.outWidth, taps = tapsY * tapsX;
  const side = subgroupLanes(device, pass) ? 16 : 64;
  const down = Math.ceil(taps * channels / side);
  const wanted = device.info.software ? 1 : GPU_GROUPS / (down * Math.ceil(outputs / 64));
  const parts = Math.max(1, Math.floor(Math.min(wanted, pixels / SPAN)));
  const { lanes, ...call } = callOf(device, pass, Math.ceil(pixels / parts));
  const dw = empty(device, "f32", [parts, taps, channels, outputs], "conv2d");
  if (pixels === 0) device.clear(dw);
  device.launch({
    ...call,
    entry: "weights",
    bind: { x, dy, dw },
    groups: [Math.ceil(outputs / (lanes ? 4 * lanes : 64)), down, pixels && parts],
  });
  return parts === 1 ? dw : sum(dw, 0);
}

/** Puts weights into another order; see the kernel. */
function arrange(x: Tensor, entry: "pack" | "turn" | "unpack", [o, c, h, w]: Shape): Tensor {
  const { device } = x;
  const shape = entry === "unpack" ? [o, c, h, w] : entry === "pack" ? [h, w, c, o] : [h, w, o, c];
  const y = empty(device, "f32", shape, "conv2d");
  const n = o * c;
  device.launch({
    kernel: layoutKernel,
    entry,
    bind: { x, y },
    params: { n, outputs: o, channels: c, taps: h * w },
    groups: pointwiseGroups(device, n),
  });
  return y;
}

/** Whether a pass reads each pixel by itself: then its GEMM has nothing implicit. */
function isPointwise({ tapsY, tapsX, stride, padY }: Pass): boolean {
  return tapsY * tapsX === 1 && stride === 1 && padY === 0;
}

/** A pointwise convolution's weights as a matrix. */
const matrixOf = (weight: Tensor) => weight.reshape(weight.shape.slice(0, 2));

const op = defineOp<[x: Tensor, weight: Tensor], Pass>({
  name: "conv2d",
  forward([x, weight], pass, save) {
    save(x, weight);
    return isPointwise(pass)
      ? matmul(x, matrixOf(weight), { transposeB: true })
      : convolve(x, arrange(weight, "pack", weight.shape), pass);
  },
  gradient(dy, { saved: [x, weight], needs, attributes: pass }) {
    const { shape } = weight!;
    const dx = () =>
      isPointwise(pass)
        ? matmul(dy, matrixOf(weight!))
        : convolve(dy, arrange(weight!, "turn", shape), turned(pass));
    return [
      needs[0] ? dx() : undefined,
      needs[1] ? arrange(weightGradient(x!, dy, pass), "unpack", shape) : undefined,
    ];
  },
});

/**
 * Convolution of images with their channels innermost:
 * `y[n, i, j, o] = sum over u, v, c of x[n, i stride + u - padding, j stride + v - padding, c] w[o, c, u, v]`,
 * zeros around the images.
 *
 * Channels lie innermost (NHWC) since then a convolution of one tap, which most of a ResNet's are, is a
 * plain matmul with the weights as they are; a pixel's channels are read four at a time; batch norm works
 * on columns; and the last feature map is the token sequence that attention pooling reads.
 *
 * @param x [images, height, width, C].
 * @param weight [O, C, rows, columns], as PyTorch stores it.
 * @returns [images, (height + 2 padding - rows) / stride + 1, likewise, O].
 * @throws {RangeError} if the shapes do not fit.
 *
 * @example
 * ```ts ignore
 * const y = conv2d(x, weight, { stride: 2, padding: 1 });
 * ```
 */
export function conv2d(x: Tensor, weight: Tensor, options: Conv2dOptions = {}): Tensor {
  return op([x, weight], passOf(x.shape, weight.shape, options));
}
