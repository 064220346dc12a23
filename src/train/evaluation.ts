/**
 * Retrieval on a split: encode everything, compare everything with everything, rank.
 *
 * @module
 */
import type { KeptVideos } from "../centerclip/heads/head.ts";
import type { CenterClip } from "../centerclip/model.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Batch, Loader } from "../data/loader.ts";
import { UserError } from "../errors.ts";
import { dualSoftmax } from "../retrieval/rerank.ts";
import { type RetrievalMetrics, retrievalMetrics, transpose } from "../retrieval/metrics.ts";
import { Scope } from "../tensor/scope.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import type { Settings } from "./config/settings.ts";

/** What an evaluation found. */
export interface Evaluation {
  readonly t2v: RetrievalMetrics;
  readonly v2t: RetrievalMetrics;
  readonly videos: number;
  readonly texts: number;
  readonly seconds: number;
}

/** A loader's batch as the model takes it; the frames belong to the innermost scope. */
export function pairBatch(model: CenterClip, batch: Batch) {
  const { config: { imageResolution: side }, options: { maxFrames }, device } = model;
  const pairs = batch.samples.length;
  return {
    text: { ids: batch.ids, length: batch.ids.length / pairs },
    frames: tensor(device, batch.frames, [pairs * maxFrames, side, side, 3]),
    videoMask: batch.videoMask,
  };
}

/**
 * Evaluates a model on a split whose n-th text belongs to its n-th video.
 *
 * @param onBatch Called after each batch with the number of pairs encoded so far.
 * @throws {UserError} if the split has no pair that can be read.
 */
export async function evaluate(
  model: CenterClip,
  dataset: Dataset,
  loader: Loader,
  settings: Pick<Settings, "camoe_dsl" | "compat">,
  onBatch: (pairs: number) => void = () => {},
): Promise<Evaluation> {
  const start = performance.now();
  const texts: Tensor[] = [], videos: KeptVideos[] = [];
  try {
    let pairs = 0;
    for await (const batch of loader.epoch(0)) {
      encode(model, batch, texts, videos);
      // Keeps the host from running ahead of the GPU with every batch's frames in memory.
      await model.device.idle();
      onBatch(pairs += batch.samples.length);
    }
    if (pairs === 0) {
      throw new UserError(`${dataset.name}: no pair of split ${dataset.split} is readable`);
    }
    const scores = await compare(model, texts, videos, pairs);
    const options = { compat: settings.compat ?? undefined };
    // The original takes the flag and leaves its formula commented out.
    const reranked = (s: Float32Array) =>
      settings.camoe_dsl && !settings.compat ? dualSoftmax(s, pairs, pairs) : s;
    return {
      t2v: retrievalMetrics(reranked(scores), pairs, pairs, options),
      v2t: retrievalMetrics(reranked(transpose(scores, pairs, pairs)), pairs, pairs, options),
      videos: pairs,
      texts: pairs,
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    for (const text of texts) text.dispose();
    for (const { features } of videos) features.dispose();
  }
}

function encode(model: CenterClip, batch: Batch, texts: Tensor[], videos: KeptVideos[]): void {
  using scope = new Scope(model.device);
  const { text, frames, videoMask } = pairBatch(model, batch);
  texts.push(scope.keep(model.encodeText(text)));
  const kept = model.keepVideo(model.encodeVideo(frames), videoMask);
  scope.keep(kept.features);
  videos.push(kept);
}

/** The similarity of every text with every video, [pairs, pairs], block by block. */
async function compare(
  model: CenterClip,
  texts: readonly Tensor[],
  videos: readonly KeptVideos[],
  pairs: number,
): Promise<Float32Array> {
  const scores = new Float32Array(pairs * pairs);
  let row = 0;
  for (const text of texts) {
    let col = 0;
    for (const video of videos) {
      const [rows, cols] = [text.shape[0], video.features.shape[0]];
      using block = model.similarity(text, video);
      const values = await block.data() as Float32Array;
      for (let i = 0; i < rows; i++) {
        scores.set(values.subarray(i * cols, (i + 1) * cols), (row + i) * pairs + col);
      }
      col += cols;
    }
    row += text.shape[0];
  }
  return scores;
}
