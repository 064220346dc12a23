/**
 * Retrieval on a split: encode everything, compare everything with everything, rank.
 *
 * @module
 */
import type { CenterClip } from "../centerclip/model.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Loader } from "../data/loader.ts";
import { dualSoftmax } from "../retrieval/rerank.ts";
import { type RetrievalMetrics, retrievalMetrics, transpose } from "../retrieval/metrics.ts";
import { multiSentenceMetrics } from "../retrieval/multi_sentence.ts";
import type { Settings } from "./config/settings.ts";
import { type EncodedSplit, encodeSplit } from "./encode_split.ts";

/** What an evaluation found. */
export interface Evaluation {
  readonly t2v: RetrievalMetrics;
  readonly v2t: RetrievalMetrics;
  readonly videos: number;
  readonly texts: number;
  readonly seconds: number;
}

/**
 * Evaluates a model on a split: the n-th text belongs to the n-th video, or, where the split has cut-off
 * points, several texts belong to a video.
 *
 * @param onBatch Called after each batch with the number of pairs encoded so far.
 * @throws {UserError} if the split has no pair that can be read.
 */
export async function evaluate(
  model: CenterClip,
  dataset: Dataset,
  loader: Loader,
  settings: Pick<Settings, "camoe_dsl" | "compat">,
  onBatch?: (pairs: number) => void,
): Promise<Evaluation> {
  const start = performance.now();
  using split = await encodeSplit(model, dataset, loader, onBatch);
  const scores = await compare(model, split);
  const several = dataset.cutOffPoints !== undefined;
  const found = several ? rankSeveral(scores, split, settings) : rankPairs(scores, split, settings);
  return { ...found, videos: split.ids.length, seconds: (performance.now() - start) / 1000 };
}

type Ranked = Pick<Evaluation, "t2v" | "v2t" | "texts">;
type RankSettings = Pick<Settings, "camoe_dsl" | "compat">;

/** Re-ranks scores [rows, cols]. The original takes the flag and leaves its formula commented out. */
function rerank(
  scores: Float32Array,
  rows: number,
  cols: number,
  { camoe_dsl, compat }: RankSettings,
): Float32Array {
  return camoe_dsl && !compat ? dualSoftmax(scores, rows, cols) : scores;
}

/** One text a video, in the same order. */
function rankPairs(scores: Float32Array, { pairs }: EncodedSplit, settings: RankSettings): Ranked {
  const metrics = (s: Float32Array) =>
    retrievalMetrics(rerank(s, pairs, pairs, settings), pairs, pairs, {
      compat: settings.compat ?? undefined,
    });
  return { t2v: metrics(scores), v2t: metrics(transpose(scores, pairs, pairs)), texts: pairs };
}

/** Several texts a video: those of a video that could not be read have nothing to find. */
function rankSeveral(
  scores: Float32Array,
  { owners, ids }: EncodedSplit,
  settings: RankSettings,
): Ranked {
  const videos = ids.length, counts = new Map(ids.map((id) => [id, 0]));
  const rows = [...owners.keys()].filter((row) => counts.has(owners[row]));
  const kept = new Float32Array(rows.length * videos);
  for (const [i, row] of rows.entries()) {
    kept.set(scores.subarray(row * videos, (row + 1) * videos), i * videos);
    counts.set(owners[row], counts.get(owners[row])! + 1);
  }
  let texts = 0;
  const cutOffPoints = ids.map((id) => texts += counts.get(id)!);
  const metrics = (s: Float32Array) =>
    multiSentenceMetrics(s, cutOffPoints, { compat: settings.compat ?? undefined });
  const { t2v } = metrics(rerank(kept, texts, videos, settings));
  const byVideo = rerank(transpose(kept, texts, videos), videos, texts, settings);
  const { v2t } = metrics(transpose(byVideo, videos, texts));
  return { t2v, v2t, texts };
}

/** The similarity of every text with every video, [texts, videos], block by block. */
async function compare(
  model: CenterClip,
  { texts, videos, owners, ids }: EncodedSplit,
): Promise<Float32Array> {
  const scores = new Float32Array(owners.length * ids.length);
  let row = 0;
  for (const text of texts) {
    let col = 0;
    for (const video of videos) {
      const [rows, cols] = [text.shape[0], video.features.shape[0]];
      using block = model.similarity(text, video);
      const values = await block.data() as Float32Array;
      for (let i = 0; i < rows; i++) {
        scores.set(values.subarray(i * cols, (i + 1) * cols), (row + i) * ids.length + col);
      }
      col += cols;
    }
    row += text.shape[0];
  }
  return scores;
}
