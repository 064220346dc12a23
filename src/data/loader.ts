/**
 * Batches of text and frames, decoded ahead in workers. What a batch holds depends on the seed, the epoch
 * and its number alone: not on the number of workers, the cache, or where an epoch was entered.
 *
 * @module
 */

import { UserError } from "../errors.ts";
import { Random } from "../tensor/random.ts";
import { type ClipFrames, ClipReader, type SampledFrames } from "./clip_reader.ts";
import type { Dataset, Sample } from "./dataset.ts";
import { planEpoch } from "./epoch_plan.ts";
import {
  type Batch,
  type FullOptions,
  fullOptions,
  type LoaderOptions,
  type LoaderStats,
} from "./loader_options.ts";
import { LoaderRun } from "./loader_run.ts";

export type { Batch, LoaderOptions, LoaderStats } from "./loader_options.ts";
export type { VideoPlace } from "./video_source.ts";

/** Streams of random numbers; each is told apart further by the epoch and the sample. */
const CAPTION = 0x6c6f02, FRAMES = 0x6c6f03, STAND_IN = 0x6c6f04;

/** Draws of a stand-in for one bad video before its row is given up. */
const STAND_IN_DRAWS = 100;

/** One row of a batch. */
interface Row {
  readonly sample: Sample;
  /** Absent where another row of the split carries the video. */
  readonly video?: ClipFrames;
}

/**
 * Loads the batches of a data set.
 *
 * ```ts ignore
 * const loader = new Loader(dataset, {
 *   ...{ batchSize: 32, maxWords: 32, pack, maxFrames: 12, size: 224, training: true, seed: 42 },
 *   videos: { folder: "videos" },
 * });
 * for await (const batch of loader.epoch(0)) step(batch);
 * ```
 */
export class Loader {
  readonly #options: FullOptions;
  readonly #clips: ClipReader;
  /** The samples whose video is loaded; absent where each one's is. */
  readonly #videoSamples?: ReadonlySet<number>;
  readonly #runs = new Set<LoaderRun>();
  #waitMs = 0;

  /** @throws UserError where the data set is empty, or no batch would be full and none else is kept. */
  constructor(readonly dataset: Dataset, options: LoaderOptions) {
    const { name, split, length } = dataset;
    this.#options = fullOptions(options, dataset);
    this.#clips = new ClipReader(name, this.#options);
    if (dataset.cutOffPoints && !options.training) {
      this.#videoSamples = new Set(dataset.cutOffPoints.map((end) => end - 1));
    }
    if (length === 0) throw new UserError(`${name} has no sample in its ${split} split`);
    const { dropLast, batchSize, world } = this.#options;
    if (dropLast && Math.ceil(length / world) < batchSize) {
      throw new UserError(
        `${name} has ${length} samples in its ${split} split, too few for a batch of ${batchSize}` +
          `${world > 1 ? ` on each of ${world} processes` : ""}; lower the batch size`,
      );
    }
  }

  /** What the loader has done so far, over all epochs. */
  get stats(): LoaderStats {
    return { ...this.#clips.stats, waitMs: this.#waitMs };
  }

  /** The number of batches of an epoch (bad videos aside). With `distinct` it may vary by the epoch. */
  batchCount(epoch: number): number {
    return this.#plan(epoch).length;
  }

  /**
   * The batches of an epoch, from number `startBatch` on. Workers live until the epoch ends, by whatever
   * way; the caller may leave the loop at any time.
   *
   * @throws UserError where the videos' place cannot be opened, no decoder can be had, a video is bad and
   *   must not be, or too many are.
   */
  async *epoch(
    epoch: number,
    { startBatch = 0 }: { startBatch?: number } = {},
  ): AsyncGenerator<Batch, void> {
    const { videos, decoder: prefer, workers, prefetch, onDecoded, onWaited } = this.#options;
    const plan = this.#plan(epoch);
    if (plan.length === 0 && this.#options.dropLast) {
      throw new UserError(
        `${this.dataset.name} has no ${this.#options.batchSize} samples that are distinct enough for ` +
          "one batch; lower the batch size",
      );
    }
    await using run = await LoaderRun.open(videos, { prefer, workers, onDecoded });
    this.#runs.add(run);
    try {
      const ahead: Promise<Batch | undefined>[] = [];
      let next = startBatch;
      while (next < plan.length || ahead.length > 0) {
        while (next < plan.length && ahead.length <= prefetch) {
          const batch = this.#load(next, plan[next], epoch, run);
          // Where the epoch is left, nobody waits for what was loaded ahead.
          batch.catch(() => {});
          ahead.push(batch);
          next++;
        }
        const begin = performance.now();
        const batch = await ahead.shift()!, end = performance.now();
        const waitMs = end - begin;
        onWaited?.({ batch: next - ahead.length - 1, begin, end });
        this.#waitMs += waitMs;
        if (batch !== undefined) yield { ...batch, waitMs };
      }
    } finally {
      this.#runs.delete(run);
    }
  }

  /** Ends the epochs that are under way: waiting for their next batch throws. */
  close(): void {
    for (const run of this.#runs) run.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #plan(epoch: number): number[][] {
    const { distinct } = this.#options;
    const key = distinct && ((index: number) => distinct(this.#sample(index, epoch)));
    return planEpoch(this.dataset, this.#options, epoch, key);
  }

  #sample(index: number, epoch: number): Sample {
    const random = new Random(this.#options.seed, [CAPTION, epoch, index]);
    return this.dataset.at(index, (n) => random.integer(n));
  }

  /** One batch; nothing where all its videos are bad. */
  async #load(
    index: number,
    samples: readonly number[],
    epoch: number,
    run: LoaderRun,
  ): Promise<Batch | undefined> {
    const rows = await Promise.all(samples.map((sample) => this.#row(sample, epoch, run)));
    if (this.#options.training) {
      const taken = new Set(samples);
      for (let i = 0; i < rows.length; i++) {
        rows[i] ??= await this.#standIn(samples[i], taken, rows, epoch, run);
      }
    }
    const good = rows.filter((row) => row !== undefined);
    return good.length === 0 ? undefined : this.#assemble(index, good);
  }

  /** A row for the bad `sample`: drawn until one is good, not in the batch, and distinct from its rows. */
  async #standIn(
    sample: number,
    taken: Set<number>,
    rows: readonly (Row | undefined)[],
    epoch: number,
    run: LoaderRun,
  ): Promise<Row | undefined> {
    const { seed, distinct } = this.#options;
    const keys = new Set(distinct && rows.flatMap((row) => row ? [distinct(row.sample)] : []));
    const random = new Random(seed, [STAND_IN, epoch, sample]);
    for (let draw = 0; draw < STAND_IN_DRAWS; draw++) {
      const other = random.integer(this.dataset.length);
      if (taken.has(other) || (distinct && keys.has(distinct(this.#sample(other, epoch))))) {
        continue;
      }
      taken.add(other);
      const row = await this.#row(other, epoch, run);
      if (row !== undefined) return row;
    }
    return undefined;
  }

  /** The row of a sample; nothing where its video is bad. */
  async #row(index: number, epoch: number, run: LoaderRun): Promise<Row | undefined> {
    const { seed, training, maxFrames } = this.#options;
    const sample = this.#sample(index, epoch);
    if (this.#videoSamples?.has(index) === false) return { sample };
    const choose: SampledFrames = training
      ? { rule: "segments", frames: maxFrames, seed, stream: [FRAMES, epoch, index] }
      : { rule: "uniform", frames: maxFrames };
    const video = await this.#clips.read(sample, choose, run);
    return video && { sample, video };
  }

  #assemble(index: number, rows: readonly Row[]): Batch {
    const { pack, maxWords: words, maxFrames, size } = this.#options, B = rows.length;
    const ids = new Int32Array(B * words), idMask = new Int32Array(B * words);
    const videoRows = [...rows.keys()].filter((i) => rows[i].video), V = videoRows.length;
    const videoMask = new Float32Array(V * maxFrames);
    const bytes = maxFrames * size * size * 3, frames = new Uint8Array(V * bytes);
    for (const [i, { sample }] of rows.entries()) {
      const text = pack(sample.text, words);
      ids.set(text.ids, i * words);
      idMask.set(text.mask, i * words);
    }
    for (const [i, row] of videoRows.entries()) {
      const video = rows[row].video!;
      videoMask.fill(1, i * maxFrames, i * maxFrames + video.length);
      frames.set(video.frames, i * bytes);
    }
    const samples = rows.map((row) => row.sample);
    return { index, samples, videoRows, ids, idMask, frames, videoMask, waitMs: 0 };
  }
}
