/**
 * Decoded frames to what the image encoder reads.
 *
 * @module
 */
import source from "../../kernels/image/patches.wgsl" with { type: "text" };
import type { Device } from "../gpu/device.ts";
import type { Shape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";
import { CLIP_MEAN, CLIP_STD, cropOffset } from "./pixels.ts";

const kernel = { name: "patches", source };

const [mean_r, mean_g, mean_b] = CLIP_MEAN;
const [std_r, std_g, std_b] = CLIP_STD;

/** Options of {@link extractPatches}. */
export interface PatchOptions {
  /** Side of a patch in pixels. */
  readonly patch: number;
  /** Side of the square that is cut out of a frame's centre, in pixels; a multiple of `patch`. */
  readonly size: number;
  /** Frames that a patch spans: odd, its own in the middle. Default 1. */
  readonly taps?: number;
  /** Frames of a video, beyond which a patch spans zeros. Needed where `taps` is above 1. */
  readonly frames?: number;
}

interface Attributes extends Required<PatchOptions> {
  readonly shape: Shape;
}

/** Launches an entry point over the frames. */
function launch(
  device: Device,
  entry: string,
  bind: Readonly<Record<string, Tensor>>,
  [height, width]: readonly number[],
  n: number,
  { patch, size, taps, frames }: Attributes,
): void {
  const top = cropOffset(height, size), left = cropOffset(width, size);
  device.launch({
    kernel,
    entry,
    consts: { PATCH: patch, GRID: size / patch, TAPS: taps },
    bind,
    params: { n, frames, height, width, top, left, mean_r, mean_g, mean_b, std_r, std_g, std_b },
    groups: pointwiseGroups(device, n),
  });
}

const op = defineOp<[frames: Tensor], Attributes>({
  name: "patches",
  forward([frames], attributes) {
    const { device, shape, dtype } = frames;
    const { patch, size, taps } = attributes, grid = size / patch;
    if (!Number.isInteger(grid)) {
      throw new RangeError(`patches: ${size} pixels are no multiple of a patch of ${patch}`);
    }
    if (taps % 2 !== 1 || shape[0] % attributes.frames !== 0) {
      const videos = `${shape[0]} frames of videos of ${attributes.frames}`;
      throw new RangeError(`patches: ${videos} by patches that span ${taps}`);
    }
    const bytes = dtype === "u8";
    const [count, height, width] = bytes ? shape : [shape[0], shape[2], shape[3]];
    if (shape.length !== 4 || (bytes ? shape[3] : shape[1]) !== 3) {
      const expected = "u8 [n, height, width, 3] nor f32 [n, 3, height, width]";
      throw new RangeError(`patches: ${dtype} [${shape}] is neither ${expected}`);
    }
    if (!bytes && (height !== size || width !== size)) {
      throw new RangeError(`patches: normalised frames [${shape}] are not ${size} pixels square`);
    }
    const y = empty(device, "f32", [count, grid * grid, 3 * taps * patch * patch], "patches");
    const entry = bytes ? "from_bytes" : "from_planes";
    const bind = { bytes: frames, planes: frames, y };
    launch(device, entry, bind, [height, width], count * taps * size * size, attributes);
    return y;
  },
  /** Of normalised frames: bytes do not learn. */
  gradient(dy, { attributes }) {
    const { shape, size } = attributes;
    const dplanes = empty(dy.device, "f32", shape, "patches"), n = shape[0] * size * size;
    launch(dy.device, "to_planes", { dy, dplanes }, [size, size], n, attributes);
    return [dplanes];
  },
});

/**
 * Cuts frames into patches, one row each, so that a matmul with the patch embedding's weight,
 * `conv1.weight` as [width, 3 patch²], is CLIP's strided convolution; with three taps, one with
 * `conv2.weight` as [width, 9 patch²] is CLIP4Clip's over three neighbouring frames.
 *
 * @param frames u8 [n, height, width, 3], RGB: the centre is cut out (zeros around smaller frames) and
 *   normalised as CLIP expects; or f32 [n, 3, size, size] that already is.
 * @returns f32 [n, (size / patch)², 3 taps patch²]: patches in reading order, elements by channel, tap,
 *   row, column.
 * @throws {RangeError} if the shape is neither, `size` is no multiple of `patch`, `taps` is even, or the
 *   frames are not those of whole videos.
 *
 * Source: Dosovitskiy et al., "An image is worth 16x16 words" (ICLR '21), eq. 1; Luo et al., "CLIP4Clip"
 * (2021), section 3.2.
 */
export function extractPatches(
  frames: Tensor,
  { patch, size, taps = 1, frames: perVideo = 1 }: PatchOptions,
): Tensor {
  return op([frames], { patch, size, taps, frames: perVideo, shape: frames.shape });
}

/**
 * Cuts the centre out of frames and normalises it: one patch that is the whole frame.
 *
 * @param frames u8 [n, height, width, 3], RGB.
 * @returns f32 [n, 3, size, size].
 * @throws {RangeError} if the shape is another.
 */
export function normalizeFrames(frames: Tensor<"u8">, { size }: { size: number }): Tensor {
  using planes = extractPatches(frames, { patch: size, size });
  return planes.reshape([frames.shape[0], 3, size, size]);
}
