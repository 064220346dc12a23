/**
 * How the reference counts ranks: what golden cases pin and nobody should want otherwise.
 *
 * @module
 */
import {
  type BidirectionalMetrics,
  countNaN,
  metricsOfRanks,
  type RetrievalMetrics,
} from "../retrieval/ranks.ts";
import { videosOfSentences, videoToTextSimilarity } from "../retrieval/sentences.ts";

/** Metrics of text to video with the standard deviation of the ranks, which only the reference logs. */
export interface ReferenceRankMetrics extends RetrievalMetrics {
  /** Standard deviation of the ranks. */
  readonly StdRank: number;
}

/**
 * Ranks as in the reference's `compute_metrics`: a row is sorted, and *every* position whose score
 * equals the right answer's counts as a rank. So `ranks` is longer than the number of queries where
 * scores tie, shorter where a right answer is NaN or infinite, and all figures are over its length.
 *
 * @param similarity Scores, row-major [rows, cols]; the right answer of row i is column i.
 */
export function referenceRetrievalMetrics(
  similarity: Float32Array,
  rows: number,
  cols: number,
): RetrievalMetrics {
  const ranks: number[] = [];
  for (let row = 0; row < rows; row++) {
    const scores = similarity.subarray(row * cols, (row + 1) * cols), own = scores[row];
    // The reference subtracts and compares with 0: infinity less infinity is NaN.
    if (!Number.isFinite(own)) continue;
    const first = scores.reduce((count, score) => count + (score > own ? 1 : 0), 0);
    const equal = scores.reduce((count, score) => count + (score === own ? 1 : 0), 0);
    for (let i = 0; i < equal; i++) ranks.push(first + i);
  }
  return metricsOfRanks(ranks, Infinity, countNaN(similarity));
}

/**
 * The reference's evaluation with several captions a video (`tensor_text_to_video_metrics`,
 * `tensor_video_to_text_sim`): text to video by a stable argsort, so that a tie goes to the video of
 * lower number; its median is the lower of two; recalls are rounded to f32; captions whose own score
 * is NaN or infinite are left out. A NaN counts as minus infinity for video to text.
 *
 * @param similarity Scores, row-major [sentences, videos].
 * @param cutOffPoints Cumulative number of sentences after each video.
 */
export function referenceMultiSentenceMetrics(
  similarity: Float32Array,
  cutOffPoints: readonly number[],
): BidirectionalMetrics & { readonly t2v: ReferenceRankMetrics } {
  const videos = cutOffPoints.length;
  const owners = videosOfSentences(cutOffPoints);
  const ranks = owners.flatMap((owner, sentence) => {
    const scores = similarity.subarray(sentence * videos, (sentence + 1) * videos);
    const own = scores[owner];
    if (!Number.isFinite(own)) return [];
    return scores.reduce((rank, score, video) => {
      return rank +
        (score > own || (score === own && video < owner) || Number.isNaN(score) ? 1 : 0);
    }, 0);
  });
  const withoutNaN = similarity.map((score) => Number.isNaN(score) ? -Infinity : score);
  const metrics = metricsOfRanks(ranks, Infinity, countNaN(similarity));
  // The mean of ranks counted from 1, in the reference's order: the last bit is pinned.
  const mean = ranks.reduce((sum, rank) => sum + rank + 1, 0) / ranks.length;
  const variance = ranks.reduce((sum, rank) => sum + (rank + 1 - mean) ** 2, 0) / ranks.length;
  return {
    t2v: {
      ...metrics,
      R1: Math.fround(metrics.R1),
      R5: Math.fround(metrics.R5),
      R10: Math.fround(metrics.R10),
      MedianR: ranks.toSorted((a, b) => a - b)[(ranks.length - 1) >> 1] + 1,
      MeanR: mean,
      StdRank: Math.sqrt(variance),
    },
    v2t: referenceRetrievalMetrics(
      videoToTextSimilarity(withoutNaN, cutOffPoints),
      videos,
      videos,
    ),
  };
}
