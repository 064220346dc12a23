/**
 * Decoded frames to what the image encoder reads.
 *
 * @module
 */
import source from "../../kernels/image/patches.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";
import { CLIP_MEAN, CLIP_STD, cropOffset } from "./pixels.ts";

const kernel = { name: "patches", source };

const [mean_r, mean_g, mean_b] = CLIP_MEAN;
const [std_r, std_g, std_b] = CLIP_STD;

/** Options of {@link extractPatches}, in pixels. */
export interface PatchOptions {
  /** Side of a patch. */
  readonly patch: number;
  /** Side of the square that is cut out of a frame's centre; a multiple of `patch`. */
  readonly size: number;
}

const op = defineOp<[frames: Tensor], PatchOptions>({
  name: "patches",
  forward([frames], { patch, size }) {
    const { device, shape, dtype } = frames;
    const grid = size / patch;
    if (!Number.isInteger(grid)) {
      throw new RangeError(`patches: ${size} pixels are no multiple of a patch of ${patch}`);
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
    const y = empty(device, "f32", [count, grid * grid, 3 * patch * patch], "patches");
    const n = count * size * size;
    const top = cropOffset(height, size), left = cropOffset(width, size);
    device.launch({
      kernel,
      entry: bytes ? "from_bytes" : "from_planes",
      consts: { PATCH: patch, GRID: grid },
      bind: bytes ? { bytes: frames, y } : { planes: frames, y },
      params: { n, height, width, top, left, mean_r, mean_g, mean_b, std_r, std_g, std_b },
      groups: pointwiseGroups(device, n),
    });
    return y;
  },
  gradient: "none",
});

/**
 * Cuts frames into patches, one row each, so that a matmul with the patch embedding's weight,
 * `conv1.weight` as [width, 3 patch²], is CLIP's strided convolution.
 *
 * @param frames u8 [n, height, width, 3], RGB: the centre is cut out (zeros around smaller frames) and
 *   normalised as CLIP expects; or f32 [n, 3, size, size] that already is.
 * @returns f32 [n, (size / patch)², 3 patch²]: patches in reading order, elements by channel, row, column.
 * @throws {RangeError} if the shape is neither, or `size` is no multiple of `patch`.
 *
 * Source: Dosovitskiy et al., "An image is worth 16x16 words" (ICLR '21), eq. 1.
 */
export function extractPatches(frames: Tensor, options: PatchOptions): Tensor {
  return op([frames], options);
}

/**
 * Cuts the centre out of frames and normalises it: one patch that is the whole frame.
 *
 * @param frames u8 [n, height, width, 3], RGB.
 * @returns f32 [n, 3, size, size].
 * @throws {RangeError} if the shape is another.
 */
export function normalizeFrames(frames: Tensor<"u8">, { size }: { size: number }): Tensor {
  using planes = op([frames], { patch: size, size });
  return planes.reshape([frames.shape[0], 3, size, size]);
}
