/**
 * Retrieval where a video has several captions (MSVD): a text query is right when it finds its video;
 * a video finds the best-scored caption of each video, and is right when that is one of its own.
 *
 * @module
 */
import { referenceMultiSentenceMetrics } from "../compat/metrics.ts";
import { type MetricsOptions, retrievalMetrics } from "./metrics.ts";
import {
  type BidirectionalMetrics,
  checkShape,
  countNaN,
  metricsOfRanks,
  ranksOf,
} from "./ranks.ts";
import { checkCutOffPoints, videosOfSentences, videoToTextSimilarity } from "./sentences.ts";

/**
 * Retrieval in both directions with several captions a video. Ranks are as in `metrics.ts`; text to
 * video, one for each sentence; video to text, one for each video among the videos' best captions.
 *
 * @param similarity Scores, row-major [sentences, videos].
 * @param cutOffPoints Cumulative number of sentences after each video.
 * @throws UsageError where shape or cut-off points do not fit.
 *
 * @example Two videos, the first with two captions, of which the second is mistaken.
 * ```ts
 * import { multiSentenceMetrics } from "./multi_sentence.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * const scores = Float32Array.of(0.9, 0.1, 0.2, 0.3, 0.4, 0.8);
 * const { t2v, v2t } = multiSentenceMetrics(scores, [2, 3]);
 * deepStrictEqual(t2v.ranks, [0, 1, 0]);
 * deepStrictEqual(v2t.ranks, [0, 0]);
 * ```
 */
export function multiSentenceMetrics(
  similarity: Float32Array,
  cutOffPoints: readonly number[],
  { compat }: MetricsOptions = {},
): BidirectionalMetrics {
  const videos = cutOffPoints.length, sentences = cutOffPoints.at(-1) ?? 0;
  checkCutOffPoints(cutOffPoints, sentences);
  checkShape(similarity, sentences, videos);
  if (compat) return referenceMultiSentenceMetrics(similarity, cutOffPoints);
  const owners = videosOfSentences(cutOffPoints);
  const ranks = ranksOf(similarity, sentences, videos, (sentence) => owners[sentence]);
  return {
    t2v: metricsOfRanks(ranks, videos, countNaN(similarity)),
    v2t: retrievalMetrics(videoToTextSimilarity(similarity, cutOffPoints), videos, videos),
  };
}
