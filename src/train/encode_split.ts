/**
 * The texts and videos of a split as a model encodes them.
 *
 * @module
 */
import type { KeptVideos } from "../centerclip/heads/head.ts";
import type { CenterClip } from "../centerclip/model.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Batch, Loader } from "../data/loader.ts";
import { UserError } from "../errors.ts";
import { Scope } from "../tensor/scope.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";

/** A loader's batch as the model takes it; the frames belong to the innermost scope. */
export function pairBatch(model: CenterClip, batch: Batch) {
  return {
    text: { ids: batch.ids, length: batch.ids.length / batch.samples.length },
    ...videoBatch(model, batch),
  };
}

/** Frames [V, T, S, S, 3] and their mask [V, T]. */
type Videos = Pick<Batch, "frames" | "videoMask">;

function videoBatch({ config, options, device }: CenterClip, { frames, videoMask }: Videos) {
  const { imageResolution: side } = config, videos = videoMask.length / options.maxFrames;
  return {
    frames: tensor(device, frames, [videos * options.maxFrames, side, side, 3]),
    videoMask,
  };
}

/** The videos of several batches as one. */
function together(batches: readonly Videos[]): Videos {
  if (batches.length === 1) return batches[0];
  const size = (of: (videos: Videos) => ArrayLike<number>) =>
    batches.reduce((sum, videos) => sum + of(videos).length, 0);
  const frames = new Uint8Array(size((v) => v.frames));
  const videoMask = new Float32Array(size((v) => v.videoMask));
  let at = 0, maskAt = 0;
  for (const videos of batches) {
    frames.set(videos.frames, at);
    videoMask.set(videos.videoMask, maskAt);
    at += videos.frames.length;
    maskAt += videos.videoMask.length;
  }
  return { frames, videoMask };
}

/** The texts and videos of a split as the model encodes them, on the GPU. */
export class EncodedSplit implements Disposable {
  readonly texts: Tensor[] = [];
  readonly videos: KeptVideos[] = [];
  /** The video of each text, by its id. */
  readonly owners: string[] = [];
  /** The videos' ids. */
  readonly ids: string[] = [];
  /** Seconds that the model took for each batch, from its frames in memory to its features. */
  readonly batchSeconds: number[] = [];
  /** Batches whose videos are still to be encoded: where texts are many, a batch has few of them. */
  #waiting: Batch[] = [];

  /** The number of texts so far: one a pair. */
  get pairs(): number {
    return this.owners.length;
  }

  /** Encodes a batch, and waits for it; its videos once there are as many as a batch has texts. */
  async add(model: CenterClip, batch: Batch): Promise<void> {
    const start = performance.now();
    {
      using scope = new Scope(model.device);
      const { ids, samples } = batch;
      this.texts.push(scope.keep(model.encodeText({ ids, length: ids.length / samples.length })));
    }
    for (const { id } of batch.samples) this.owners.push(id);
    if (batch.videoRows.length > 0) this.#waiting.push(batch);
    const videos = this.#waiting.reduce((sum, { videoRows }) => sum + videoRows.length, 0);
    if (videos >= batch.samples.length) this.#encodeVideos(model);
    // Keeps the host from running ahead of the GPU with every batch's frames in memory.
    await model.device.idle();
    this.batchSeconds.push((performance.now() - start) / 1000);
  }

  /** Encodes what {@link EncodedSplit.add} has left. */
  async finish(model: CenterClip): Promise<void> {
    if (this.#waiting.length === 0) return;
    const start = performance.now();
    this.#encodeVideos(model);
    await model.device.idle();
    this.batchSeconds[this.batchSeconds.length - 1] += (performance.now() - start) / 1000;
  }

  #encodeVideos(model: CenterClip): void {
    using scope = new Scope(model.device);
    const { frames, videoMask } = videoBatch(model, together(this.#waiting));
    const kept = model.keepVideo(model.encodeVideo(frames), videoMask);
    scope.keep(kept.features);
    this.videos.push(kept);
    for (const { samples, videoRows } of this.#waiting) {
      for (const row of videoRows) this.ids.push(samples[row].id);
    }
    this.#waiting = [];
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
    await split.finish(model);
    if (split.ids.length === 0) {
      throw new UserError(`${dataset.name}: no pair of split ${dataset.split} is readable`);
    }
    return split;
  } catch (error) {
    split[Symbol.dispose]();
    throw error;
  }
}
