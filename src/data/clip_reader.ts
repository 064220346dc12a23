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
import type { ClipOptions, LoaderRun } from "./loader_run.ts";

/** A choice of a fixed number of frames. */
export type SampledFrames = Exclude<FrameChoice, { rule: "all" }>;

/** Frames as a batch takes them. */
export interface ClipFrames {
  readonly frames: Uint8Array;
  /** Frames that are not repetitions. */
  readonly length: number;
}

/**
 * How many times the frames that a batch takes a clip may have to be kept whole: in memory, and on disk. At
 * the usual 3 frames a second and 12 of them in a batch 96 are 32 seconds.
 */
const WHOLE_IN_MEMORY = 4, WHOLE_ON_DISK = 8;

/** Reads clips, and keeps what it may. */
export class ClipReader {
  readonly #options: FullOptions;
  readonly #memory: ClipCache;
  readonly #bad: BadClips;
  readonly #stats = { decoded: 0, cached: 0, resized: 0 };

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
          () => this.#fetch(key, sample, choose, run),
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

  /** A clip that is not in memory. */
  async #fetch(key: string, sample: Sample, choose: SampledFrames, run: LoaderRun): Promise<Clip> {
    const { frameCache, size, resize, training } = this.#options, { file, start, end } = sample;
    const options: ClipOptions = { start, end, size, resize };
    const identity = frameCache && await run.identify(file, options);
    let clip = identity && frameCache?.get(identity, choose);
    if (clip) {
      this.#stats.cached++;
    } else {
      clip = await this.#decode(file, options, choose, run);
      // A video that was changed meanwhile is not kept under what it was.
      if (identity && isKept(clip, training) && identity === await run.identify(file, options)) {
        frameCache?.put(identity, clip);
      }
    }
    if (isKept(clip, training)) this.#memory.set(key, clip);
    return clip;
  }

  async #decode(
    file: string,
    options: ClipOptions,
    choose: SampledFrames,
    run: LoaderRun,
  ): Promise<Clip> {
    const { size, resize } = this.#options;
    const clip = await run.decode(file, {
      ...options,
      choose: { ...choose, allUpTo: this.#wholeFrames(choose.frames) },
    });
    this.#stats.decoded++;
    if (resize && Math.min(clip.videoHeight, clip.videoWidth) !== size) this.#stats.resized++;
    return clip;
  }

  /** Frames drawn at random serve one epoch; to be kept, a clip of at most so many is decoded whole. */
  #wholeFrames(frames: number): number {
    const { frameCache, size, training } = this.#options;
    if (!training) return 0;
    if (frameCache?.adds) return WHOLE_ON_DISK * frames;
    const whole = WHOLE_IN_MEMORY * frames;
    return this.#memory.fits(whole * size * size * 3) ? whole : 0;
  }
}

/** Whether a clip is worth keeping: it serves any later choice. */
function isKept(clip: Clip, training: boolean): boolean {
  return !training || isWhole(clip);
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
