/**
 * Bookkeeping for videos with several captions: cut-off points are the cumulative number of captions
 * after each video.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { transpose } from "./ranks.ts";

/** @throws UsageError where the cut-off points do not rise to the number of sentences. */
export function checkCutOffPoints(cutOffPoints: readonly number[], sentences: number): void {
  const rising = cutOffPoints.every((point, i) => point > (i === 0 ? 0 : cutOffPoints[i - 1]));
  if (rising && cutOffPoints.at(-1) === sentences) return;
  throw new UsageError(`cut-off points must rise from above 0 to the ${sentences} sentences`);
}

/** The video of each sentence. */
export function videosOfSentences(cutOffPoints: readonly number[]): number[] {
  return cutOffPoints.flatMap((end, video) => {
    const start = video === 0 ? 0 : cutOffPoints[video - 1];
    return new Array<number>(end - start).fill(video);
  });
}

/**
 * Which samples of a batch carry a video to encode: the last caption of each video.
 *
 * @param start First sample of the batch.
 * @param count Samples in the batch.
 * @returns Places within the batch.
 *
 * @example
 * ```ts
 * import { videoRows } from "./sentences.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual(videoRows([3, 4, 9], 0, 4), [2, 3]);
 * deepStrictEqual(videoRows([3, 4, 9], 4, 4), []);
 * ```
 */
export function videoRows(cutOffPoints: readonly number[], start: number, count: number): number[] {
  return cutOffPoints.map((end) => end - 1 - start).filter((row) => row >= 0 && row < count);
}

/**
 * The best score of any caption of each video: [videos, videos], row v scored with the captions of each
 * video in turn. A NaN stays a NaN.
 *
 * @param similarity Scores [sentences, videos].
 */
export function videoToTextSimilarity(
  similarity: Float32Array,
  cutOffPoints: readonly number[],
): Float32Array<ArrayBuffer> {
  const videos = cutOffPoints.length;
  const best = new Float32Array(videos * videos).fill(-Infinity);
  for (const [sentence, owner] of videosOfSentences(cutOffPoints).entries()) {
    for (let video = 0; video < videos; video++) {
      const at = owner * videos + video;
      best[at] = Math.max(best[at], similarity[sentence * videos + video]);
    }
  }
  return transpose(best, videos, videos);
}
