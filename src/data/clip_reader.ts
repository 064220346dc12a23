/**
 * The frames of a sample's clip, from wherever they are to be had soonest: memory, a cache on disk, a
 * decoder.
 *
 * @module
 */

import type { Clip, FrameChoice } from "../video/decode.ts";
import { chooseFrames } from "../video/sampling.ts";
import { BadClips } from "./bad_clips.ts";
import { ClipCache } from "./clip_cache.ts";
import type { Sample } from "./dataset.ts";
import type { FullOptions, LoaderStats } from "./loader_options.ts";
import type { LoaderRun } from "./loader_run.ts";

/** A choice of a fixed number of frames. */
export type SampledFrames = Exclude<FrameChoice, { rule: "all" }>;

/** Frames as a batch takes them. */
export interface ClipFrames {
  readonly frames: Uint8Array;
  /** Frames that are not repetitions. */
  readonly length: number;
}

/** Reads clips, and keeps what it may. */
export class ClipReader {
  readonly #options: FullOptions;
  readonly #memory: ClipCache;
  readonly #bad: BadClips;
  readonly #stats = { decoded: 0, resized: 0 };

  /** @param name The data set's name, for messages. */
  constructor(name: string, options: FullOptions) {
    this.#options = options;
    this.#memory = new ClipCache(options.cacheBytes);
    this.#bad = new BadClips(name, options);
  }

  /** What was read so far. */
  get stats(): Omit<LoaderStats, "waitMs"> {
    return { ...this.#stats, bad: this.#bad.count };
  }

  /**
   * The frames that `choose` takes of a sample's clip; nothing where the clip is bad and may be.
   *
   * @throws UserError where it is bad and may not be, or too many are.
   */
  async read(
    sample: Sample,
    choose: SampledFrames,
    run: LoaderRun,
  ): Promise<ClipFrames | undefined> {
    const key = JSON.stringify([sample.file, sample.start, sample.end]);
    if (this.#bad.has(key)) return undefined;
    try {
      const clip = this.#memory.get(key) ??
        await run.share(
          JSON.stringify([key, choose]),
          () => this.#decode(key, sample, choose, run),
        );
      return {
        frames: takeFrames(clip, choose),
        length: Math.min(clip.count, choose.frames),
      };
    } catch (error) {
      this.#bad.add(key, sample, error);
      return undefined;
    }
  }

  async #decode(key: string, sample: Sample, choose: SampledFrames, run: LoaderRun): Promise<Clip> {
    const { size, resize, training } = this.#options;
    // Frames drawn at random serve one epoch; to be kept, a short clip is decoded whole.
    const wholeFrames = 4 * choose.frames, whole = wholeFrames * size * size * 3;
    const allUpTo = training && this.#memory.fits(whole) ? wholeFrames : 0;
    const clip = await run.decode(sample.file, {
      ...{ start: sample.start, end: sample.end, size, resize },
      choose: { ...choose, allUpTo },
    });
    this.#stats.decoded++;
    if (resize && Math.min(clip.videoHeight, clip.videoWidth) !== size) this.#stats.resized++;
    if (!training || isWhole(clip)) this.#memory.set(key, clip);
    return clip;
  }
}

/** Whether a clip holds each of its frames once. */
function isWhole({ indices, count }: Clip): boolean {
  return indices.length === count && indices.every((index, i) => index === i);
}

/** The frames that `choose` takes of a clip: all that it holds, unless it was decoded whole. */
function takeFrames(clip: Clip, choose: FrameChoice): Uint8Array {
  if (!isWhole(clip)) return clip.data;
  const indices = chooseFrames(choose, clip.count), bytes = clip.data.length / clip.count;
  const frames = new Uint8Array(indices.length * bytes);
  indices.forEach((index, i) =>
    frames.set(clip.data.subarray(index * bytes, (index + 1) * bytes), i * bytes)
  );
  return frames;
}
