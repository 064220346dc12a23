/**
 * Frame rules that only the original code bases have: CenterCLIP's unused helpers and CLIP4Clip's
 * positions. Nothing else here calls them; they let golden cases be run.
 *
 * @module
 */

import { chooseFrames, clipRange, type FrameChoice, uniformIndices } from "../video/sampling.ts";

/**
 * CenterCLIP's two-view sampling: the middles of the parts, then their beginnings; one view where the
 * clip has no more than `frames` frames.
 */
export function uniformIndicesTwice(frames: number, count: number): number[] {
  const middles = uniformIndices(frames, count);
  if (count <= frames) return middles;
  const tick = count / frames;
  return [...middles, ...middles.map((_, i) => Math.trunc(tick * i))];
}

/**
 * The numbers of the frames that CenterCLIP's extractor returns for one clip, and how many of them are
 * not padding.
 *
 * @throws RangeError where the clip holds no frame (the original ends the process there).
 */
export function videoFrameNumbers(
  choose: FrameChoice | ((count: number) => number[]),
  video: { streamFrames: number; decodedFrames: number; fps: number; start?: number; end?: number },
  frames: number,
): { numbers: number[]; length: number } {
  const { streamFrames: declared, decodedFrames: decoded, fps, start, end } = video;
  const { first, count } = clipRange({ decoded, declared, fps }, start, end);
  if (count === 0) throw new RangeError(`no frame between ${start} and ${end} seconds`);
  const indices = typeof choose === "function" ? choose(count) : chooseFrames(choose, count);
  return { numbers: indices.map((i) => i + first), length: Math.min(count, frames) };
}

/**
 * `train_frame_order` and `eval_frame_order`: 0 keeps the order, 1 reverses it, 2 applies a random
 * permutation, which is given.
 */
export function orderFrames(
  order: 0 | 1 | 2,
  indices: readonly number[],
  permutation: readonly number[] = [],
): number[] {
  if (order === 0) return [...indices];
  return order === 1 ? indices.toReversed() : permutation.map((i) => indices[i]);
}

/** CLIP4Clip's `slice_framepos`: of `count` frames keep the first `frames` (0), the last (1), or evenly spaced ones (2). */
export function sliceFrames(position: 0 | 1 | 2, frames: number, count: number): number[] {
  const all = Array.from({ length: count }, (_, i) => i);
  if (count <= frames) return all;
  if (position === 0) return all.slice(0, frames);
  if (position === 1) return all.slice(count - frames);
  if (frames === 1) return [0];
  const step = (count - 1) / (frames - 1);
  return Array.from(
    { length: frames },
    (_, i) => i === frames - 1 ? count - 1 : Math.trunc(i * step),
  );
}

/**
 * The positions that CLIP4Clip's OpenCV extractor seeks: `perSecond` frames of every second, evenly
 * from its beginning, of the seconds `start` to `end` inclusive; 0 takes every frame.
 */
export function secondwisePositions(
  video: { frameCount: number; fps: number; start?: number; end?: number },
  perSecond: number,
): number[] {
  const fps = Math.trunc(video.fps);
  const duration = Math.floor((video.frameCount + fps - 1) / fps);
  const first = video.start ?? 0, last = Math.min(video.end ?? duration, duration);
  const each = perSecond > 0 ? perSecond : fps;
  const interval = perSecond > 0 ? Math.max(1, Math.floor(fps / perSecond)) : 1;
  const positions: number[] = [];
  for (let second = first; second <= last; second++) {
    for (let i = 0; i < each; i++) {
      const position = Math.trunc(second * fps) + i * interval;
      if (position >= video.frameCount) return positions;
      positions.push(position);
    }
  }
  return positions;
}

/** The scales of the multi-scale crop that CenterCLIP carries and never uses. */
export const MULTI_SCALE_CROPS: readonly number[] = [1, 0.875, 0.75, 0.66];

/**
 * The thirteen corners of a multi-scale crop (TSN's fixed offsets, which CenterCLIP carries and never
 * uses), as [left, top] in quarters of the free space.
 */
export function multiScaleCropOffsets(
  imageWidth: number,
  imageHeight: number,
  cropWidth: number,
  cropHeight: number,
): [left: number, top: number][] {
  const x = Math.floor((imageWidth - cropWidth) / 4);
  const y = Math.floor((imageHeight - cropHeight) / 4);
  const quarters: [number, number][] = [
    [0, 0],
    [4, 0],
    [0, 4],
    [4, 4],
    [2, 2],
    [0, 2],
    [4, 2],
    [2, 4],
    [2, 0],
    [1, 1],
    [3, 1],
    [1, 3],
    [3, 3],
  ];
  return quarters.map(([i, j]) => [i * x, j * y]);
}
