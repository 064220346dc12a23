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

/** The texts and videos of a split as the model encodes them, on the GPU. */
export class EncodedSplit implements Disposable {
  readonly texts: Tensor[] = [];
  readonly videos: KeptVideos[] = [];
  pairs = 0;
  /** Seconds that the model took for each batch, from its frames in memory to its features. */
  readonly batchSeconds: number[] = [];

  /** Encodes a batch, and waits for it. */
  async add(model: CenterClip, batch: Batch): Promise<void> {
    const start = performance.now();
    {
      using scope = new Scope(model.device);
      const { text, frames, videoMask } = pairBatch(model, batch);
      this.texts.push(scope.keep(model.encodeText(text)));
      const kept = model.keepVideo(model.encodeVideo(frames), videoMask);
      scope.keep(kept.features);
      this.videos.push(kept);
    }
    // Keeps the host from running ahead of the GPU with every batch's frames in memory.
    await model.device.idle();
    this.pairs += batch.samples.length;
    this.batchSeconds.push((performance.now() - start) / 1000);
  }

  [Symbol.dispose](): void {
    for (const text of this.texts) text.dispose();
    for (const { features } of this.videos) features.dispose();
  }
}

/**
 * Encodes a split.
 *
 * @param onBatch Called after each batch with the number of pairs encoded so far.
 * @throws {UserError} if the split has no pair that can be read.
 */
export async function encodeSplit(
  model: CenterClip,
  dataset: Dataset,
  loader: Loader,
  onBatch: (pairs: number) => void = () => {},
): Promise<EncodedSplit> {
  const split = new EncodedSplit();
  try {
    for await (const batch of loader.epoch(0)) {
      await split.add(model, batch);
      onBatch(split.pairs);
    }
    if (split.pairs === 0) {
      throw new UserError(`${dataset.name}: no pair of split ${dataset.split} is readable`);
    }
    return split;
  } catch (error) {
    split[Symbol.dispose]();
    throw error;
  }
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
  onBatch?: (pairs: number) => void,
): Promise<Evaluation> {
  const start = performance.now();
  using split = await encodeSplit(model, dataset, loader, onBatch);
  const { pairs } = split;
  const scores = await compare(model, split);
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
}

/** The similarity of every text with every video, [pairs, pairs], block by block. */
async function compare(
  model: CenterClip,
  { texts, videos, pairs }: EncodedSplit,
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
