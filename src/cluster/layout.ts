/**
 * Where the tokens of a segment lie.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Shape } from "../tensor/shape.ts";

/**
 * Token `i` of segment `s` is row `(s * frames + i / patches) * (patches + skip) + skip + i % patches` of
 * a tensor of rows: a segment is a run of frames, and a frame is `skip` rows (the class token) and then
 * its patches.
 */
export interface TokenLayout {
  readonly segments: number;
  /** Frames of a segment. */
  readonly frames: number;
  /** Rows before the tokens of each frame. */
  readonly skip: number;
  /** Tokens of a frame. */
  readonly patches: number;
  /** Elements of a token. */
  readonly width: number;
}

/** Tokens of a segment. */
export function tokensOf({ frames, patches }: TokenLayout): number {
  return frames * patches;
}

/**
 * The layout of a plain tensor: `[B, N, D]`, or `[N, D]` for one segment.
 *
 * @throws {UsageError} for another rank.
 */
export function plainLayout(shape: Shape, what: string): TokenLayout {
  if (shape.length !== 2 && shape.length !== 3) {
    throw new UsageError(`${what}: tokens are [B, N, D] or [N, D], not [${shape}]`);
  }
  const [segments, patches, width] = shape.length === 2 ? [1, ...shape] : shape;
  return { segments, frames: 1, skip: 0, patches, width };
}

/** How many frames a video has before and after its segments are clustered. */
export interface Segmentation {
  /** Frames of each video. */
  readonly frames: number;
  /** Segments of each video: the frames that are left. */
  readonly targetFrames: number;
}

/**
 * The layout of the segments of videos: `x` is `[B * frames, 1 + n, D]`, a class token before the patches
 * of each frame. Segments are consecutive frames, numbered `b * targetFrames + s`.
 *
 * @throws {UsageError} if the frames do not divide into segments of one length.
 *
 * @example
 * ```ts
 * import { segmentLayout } from "./layout.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual(
 *   segmentLayout([24, 50, 768], { frames: 12, targetFrames: 4 }),
 *   { segments: 8, frames: 3, skip: 1, patches: 49, width: 768 },
 * );
 * ```
 */
export function segmentLayout(
  shape: Shape,
  { frames, targetFrames }: Segmentation,
): TokenLayout {
  const [rows, tokens, width] = shape;
  const length = frames / targetFrames;
  if (shape.length !== 3 || tokens < 1 || !(frames > 0) || rows % frames !== 0) {
    throw new UsageError(`segments: tokens are [B * ${frames}, 1 + n, D], not [${shape}]`);
  }
  if (!Number.isInteger(length)) {
    throw new UsageError(
      `segments: ${frames} frames do not divide into ${targetFrames} segments of one length`,
    );
  }
  return { segments: rows / length, frames: length, skip: 1, patches: tokens - 1, width };
}
