/**
 * The flags of tasks that draw frames.
 *
 * @module
 */
import { flags as trainFlags } from "../src/train/config/settings.ts";

/** Which frames are taken of a video, and how they are cut. */
export const frameFlags = {
  max_frames: {
    ...trainFlags.max_frames,
    default: 12,
    meaning: "frames of a video, evenly spaced",
  },
  size: { kind: "int", default: 224, min: 1, meaning: "pixels of a frame's side after the crop" },
  patch: { kind: "int", default: 32, min: 1, meaning: "pixels of a patch's side" },
  compat: {
    ...trainFlags.compat,
    meaning: "reference: crop frames without resizing them first, as the original does",
  },
} as const;
