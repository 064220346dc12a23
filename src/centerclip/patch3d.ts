/**
 * The patch embedding over three neighbouring frames (`--linear_patch 3d`).
 *
 * @module
 */
import { type ClipConfig, demandVit } from "../clip/config.ts";
import { sizeOf } from "../tensor/shape.ts";
import type { CenterClipOptions } from "./model.ts";
import type { NewParameters } from "./new_parameters.ts";

/** Frames that a patch spans. */
const TAPS = 3;

/**
 * `conv2.weight` [width, 3, frames, patch, patch], which starts as CLIP's `conv1.weight` on the middle
 * frame and zeros on its neighbours: so a fresh model embeds as one with patches of single frames does.
 *
 * @throws {UsageError} if the model has a ResNet.
 */
export function patch3dParameters(
  config: ClipConfig,
  { linearPatch }: CenterClipOptions,
): NewParameters {
  if (linearPatch !== "3d") return new Map();
  const { visionWidth: width, visionPatchSize: patch } = demandVit(config, "--linear_patch 3d");
  const shape = [width, 3, TAPS, patch, patch], area = patch * patch;
  return new Map([["clip.visual.conv2.weight", {
    shape,
    async init({ clip }) {
      const single = await clip("visual.conv1.weight");
      const spread = new Float32Array(sizeOf(shape));
      for (let plane = 0; plane < width * 3; plane++) {
        const middle = single.subarray(plane * area, (plane + 1) * area);
        spread.set(middle, (plane * TAPS + (TAPS >> 1)) * area);
      }
      return spread;
    },
  }]]);
}
