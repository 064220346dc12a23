/**
 * Which frames of a clip a model sees: temporal-segment sampling for training (Wang et al., "Temporal
 * Segment Networks", ECCV '16), evenly spaced frames for evaluation, and the range of frames that
 * `start` and `end` leave.
 *
 * @module
 */

import { Random } from "../tensor/random.ts";

/** The indices 0, 1, ... of a clip too short for `frames`; its last frame is repeated. */
function padded(frames: number, count: number): number[] {
  return Array.from({ length: frames }, (_, i) => Math.min(i, count - 1));
}

/**
 * `frames` indices into a clip of `count` frames, each in the middle of one of `frames` equal parts
 * (CLIP4Clip's and CenterCLIP's evaluation rule). A clip of at most `frames` frames is taken whole and
 * its last frame repeated.
 *
 * @example
 * ```ts
 * import { uniformIndices } from "./sampling.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual(uniformIndices(4, 30), [3, 11, 18, 26]);
 * deepStrictEqual(uniformIndices(4, 2), [0, 1, 1, 1]);
 * ```
 */
export function uniformIndices(frames: number, count: number): number[] {
  if (count <= frames) return padded(frames, count);
  const tick = count / frames;
  return Array.from({ length: frames }, (_, i) => Math.trunc(tick / 2 + tick * i));
}

/**
 * `frames` indices into a clip of `count` frames, one drawn from each of `frames` segments of
 * `floor(count / frames)` frames (temporal-segment sampling; the remainder at the end of the clip is
 * never drawn, as in CenterCLIP). A clip of fewer frames is taken whole and its last frame repeated.
 *
 * @param integer Draws uniformly from [0, n).
 *
 * @example
 * ```ts
 * import { segmentIndices } from "./sampling.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual(segmentIndices(4, 11, (n) => n - 1), [1, 3, 5, 7]);
 * ```
 */
export function segmentIndices(
  frames: number,
  count: number,
  integer: (n: number) => number,
): number[] {
  const segment = Math.floor(count / frames);
  if (segment === 0) return padded(frames, count);
  return Array.from({ length: frames }, (_, i) => i * segment + integer(segment));
}

/**
 * How to choose frames of a clip, as plain data, so that it can be sent to a worker and applied again
 * with the same result.
 */
export type FrameChoice =
  /** Every frame. */
  | { readonly rule: "all" }
  /** {@link uniformIndices}. */
  | { readonly rule: "uniform"; readonly frames: number; readonly allUpTo?: number }
  /** {@link segmentIndices} with the draws of `new Random(seed, stream)`. */
  | {
    readonly rule: "segments";
    readonly frames: number;
    readonly seed: number;
    readonly stream: readonly [number, number?, number?];
    /** A clip of at most so many frames is returned whole, to be sampled by the caller. */
    readonly allUpTo?: number;
  };

/**
 * The indices that `choice` takes of a clip of `count` frames.
 *
 * @example
 * ```ts
 * import { chooseFrames } from "./sampling.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual(chooseFrames({ rule: "uniform", frames: 2 }, 8), [2, 6]);
 * deepStrictEqual(chooseFrames({ rule: "uniform", frames: 2, allUpTo: 3 }, 3), [0, 1, 2]);
 * ```
 */
export function chooseFrames(choice: FrameChoice, count: number): number[] {
  if (choice.rule === "all" || count <= (choice.allUpTo ?? 0)) return padded(count, count);
  if (choice.rule === "uniform") return uniformIndices(choice.frames, count);
  const random = new Random(choice.seed, choice.stream);
  return segmentIndices(choice.frames, count, (n) => random.integer(n));
}

/** What is known of a video when its frames are chosen. */
export interface VideoLength {
  /** Frames that the decoder yields. */
  readonly decoded: number;
  /** Frames that the container declares, where it declares any. */
  readonly declared?: number;
  /** Average frames a second. */
  readonly fps: number;
}

/**
 * The frames of a video that belong to the clip from `start` to `end` (seconds): the first one and how
 * many. Both ends are inclusive and rounded down to a frame; the count never exceeds what the container
 * declares (CenterCLIP's rule). A count of 0 means that the video has no frame there.
 *
 * @example
 * ```ts
 * import { clipRange } from "./sampling.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual(clipRange({ decoded: 30, fps: 3 }, 2, 7), { first: 6, count: 16 });
 * deepStrictEqual(clipRange({ decoded: 5, fps: 3 }, 2, 7), { first: 6, count: 0 });
 * ```
 */
export function clipRange(
  length: VideoLength,
  start?: number,
  end?: number,
): { first: number; count: number } {
  const { decoded, declared = decoded, fps } = length;
  const first = start === undefined ? 0 : Math.max(0, Math.trunc(start * fps));
  const last = Math.min(end === undefined ? decoded : Math.trunc(end * fps), decoded - 1);
  return { first, count: Math.max(0, Math.min(last - first + 1, declared)) };
}
