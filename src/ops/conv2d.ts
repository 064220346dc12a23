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

/** The tile of the GEMM that a workgroup owns. */
interface Tile {
  readonly rows: number;
  readonly cols: number;
  /** Lanes of a subgroup on software devices with small ones, where channels line up in vec4. */
  readonly lanes?: number;
}

/** The tile for a pass. */
function tileOf(device: Device, { channels, outputs }: Pass): Tile {
  const aligned = channels % 4 === 0 && outputs % 4 === 0 && channels > 0;
  const lanes = aligned ? smallSubgroup(device) : undefined;
  if (lanes === undefined) return { rows: 64, cols: 64 };
  return { rows: 4 * lanes, cols: 4 * lanes * (outputs > 4 * lanes ? 2 : 1), lanes };
}

/** What a pass is launched with, in parts of `span` pixels. */
function callOf(pass: Pass, { lanes, cols }: Tile, span: number) {
  const { step, outputs } = pass, taps = pass.tapsY * pass.tapsX;
  const pixels = pass.images * pass.outHeight * pass.outWidth;
  const consts: Record<string, number> = { STEP: step };
  const params: Record<string, number> = {
    pixels,
    channels: pass.channels,
    cols: outputs,
    height: pass.height,
    width: pass.width,
    out_height: pass.outHeight,
    out_width: pass.outWidth,
    taps,
    taps_x: pass.tapsX,
    stride: pass.stride,
    pad_y: pass.padY,
    pad_x: pass.padX,
  };
  // Of the taps in a row and in a column, STEP meets only one in so many.
  const flops = 2 * pixels * taps * pass.channels * outputs / step ** 2;
  if (lanes === undefined) {
    return { kernel: tiledKernel, consts, params: { ...params, span }, flops };
  }
  return {
    kernel: subgroupKernel,
    consts: { ...consts, L: lanes, HALVES: cols / 4 / lanes },
    params: { ...params, cols: outputs / 4 },
    flops,
  };
}

/** Runs a pass over `x` with weights [taps, channels, outputs]. */
function convolve(x: Tensor, w: Tensor, pass: Pass): Tensor {
  const { device } = x, { images, outHeight, outWidth, outputs } = pass;
  const tile = tileOf(device, pass);
  const rows = Math.ceil(images * outHeight * outWidth / tile.rows);
  const folds = Math.ceil(rows / device.info.maxWorkgroups);
  const y = empty(device, "f32", [images, outHeight, outWidth, outputs], "conv2d");
  device.launch({
    ...callOf(pass, tile, 0),
    entry: "forward",
    bind: { x, w, y },
    groups: [Math.ceil(outputs / tile.cols), Math.ceil(rows / folds), folds],
  });
  return y;
}

/** The gradient to the weights, [taps, channels, outputs]. */
function weightGradient(x: Tensor, dy: Tensor, pass: Pass): Tensor {
  const { device } = x, { channels, outputs } = pass;
  const tile = tileOf(device, pass);
  const pixels = pass.images * pass.outHeight * pass.outWidth, taps = pass.tapsY * pass.tapsX;
  const across = Math.ceil(outputs / tile.cols), down = Math.ceil(taps * channels / tile.rows);
  const wanted = device.info.software ? 1 : GPU_GROUPS / (across * down);
  const parts = Math.max(1, Math.floor(Math.min(wanted, pixels / SPAN)));
  const dw = empty(device, "f32", [parts, taps, channels, outputs], "conv2d");
  if (pixels === 0) device.clear(dw);
  device.launch({
    ...callOf(pass, tile, Math.ceil(pixels / parts)),
    entry: "weights",
    bind: { x, dy, dw },
    groups: [across, down, pixels && parts],
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
