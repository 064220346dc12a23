/**
 * What a loader takes and gives.
 *
 * @module
 */

import type { DecoderName, DecodeTime } from "../video/decode.ts";
import type { Dataset, Sample } from "./dataset.ts";
import type { FrameCache } from "./frame_cache.ts";
import type { VideoPlace } from "./video_source.ts";

/** When a batch was waited for: milliseconds of `performance.now()`. */
export interface BatchWait {
  /** The batch's number in its epoch. */
  readonly batch: number;
  readonly begin: number;
  readonly end: number;
}

/** What a loader is made of. */
export interface LoaderOptions {
  readonly batchSize: number;
  /** Tokens a text, L. */
  readonly maxWords: number;
  /** Turns a text into `maxWords` token ids and their mask. */
  readonly pack: (text: string, maxWords: number) => { ids: Int32Array; mask: Int32Array };
  /** Frames a clip, T. */
  readonly maxFrames: number;
  /** Height and width of a frame in pixels, S. */
  readonly size: number;
  /** Draw frames at random, rather than evenly spaced ones. */
  readonly training: boolean;
  readonly seed: number;
  readonly videos: VideoPlace;
  /** Default: one less than there are processors, at most 4. */
  readonly workers?: number;
  /** Batches decoded ahead of the one that is waited for. Default 2. */
  readonly prefetch?: number;
  /**
   * What becomes of a video that cannot be decoded. `skip` (default): it is named once by `onBad`;
   * in training another sample, drawn by seed, epoch and index, stands in for it, so that batches stay
   * full; in evaluation its row is left out, and a batch without rows is not yielded. `fail`: the epoch
   * throws.
   */
  readonly badVideo?: "skip" | "fail";
  /** More bad clips than this end the run. Default: one in a hundred samples, at least 10. */
  readonly maxBad?: number;
  /** Told of each bad clip once, and why it is. Default: `console.warn`. */
  readonly onBad?: (reason: string, sample: Sample) => void;
  /** Default `auto`. */
  readonly decoder?: DecoderName;
  /** Default: in training. */
  readonly shuffle?: boolean;
  /** Leave out batches of fewer than `batchSize` samples. Default: in training. */
  readonly dropLast?: boolean;
  /**
   * The number of this process among `world` that share the samples: in training equally many each, the first
   * ones twice where that does not come out even; in evaluation each sample once. Default 0 of 1.
   */
  readonly rank?: number;
  readonly world?: number;
  /** A batch never holds two samples for which this gives the same. See `cutBatches`. */
  readonly distinct?: (sample: Sample) => string;
  /** Bytes of decoded frames to keep in memory. Default 0. */
  readonly cacheBytes?: number;
  /** Decoded frames on disk, shared by loaders and processes. The batches are the same with it. */
  readonly frameCache?: FrameCache;
  /** `false` crops videos without resizing them. Default true. */
  readonly resize?: boolean;
  /** Told of each clip that a worker is done with. */
  readonly onDecoded?: (time: DecodeTime) => void;
  /** Told of each wait for a batch. */
  readonly onWaited?: (time: BatchWait) => void;
}

/** Options that stay undefined where they are left out. */
type Optional = "distinct" | "frameCache" | "onDecoded" | "onWaited";

/** B samples: their texts, L tokens each, and V videos of T frames of S x S pixels. */
export interface Batch {
  /** The batch's number in its epoch. */
  readonly index: number;
  readonly samples: readonly Sample[];
  /**
   * The V samples whose video `frames` holds: all, but in an evaluation with several captions a video
   * ({@link Dataset.cutOffPoints}) only the last caption of each video.
   */
  readonly videoRows: readonly number[];
  /** `[B, L]` token ids and their mask. */
  readonly ids: Int32Array<ArrayBuffer>;
  readonly idMask: Int32Array<ArrayBuffer>;
  /** `[V, T, S, S, 3]` RGB. */
  readonly frames: Uint8Array<ArrayBuffer>;
  /** `[V, T]`: 1 for a frame of the clip, 0 for a repetition of its last one. */
  readonly videoMask: Float32Array<ArrayBuffer>;
  /** Milliseconds that the batch was waited for. */
  readonly waitMs: number;
}

/** What a loader has done so far. */
export interface LoaderStats {
  /** Clips that were decoded; one that is kept in memory is not counted again. */
  readonly decoded: number;
  /** Clips that came from {@link LoaderOptions.frameCache}. */
  readonly cached: number;
  /** Of the decoded ones, clips whose frames were resized. */
  readonly resized: number;
  /** Clips that could not be decoded. */
  readonly bad: number;
  /** Milliseconds that batches were waited for. */
  readonly waitMs: number;
}

/** The options with defaults for those that were left out. */
export type FullOptions =
  & Required<Omit<LoaderOptions, Optional>>
  & Pick<LoaderOptions, Optional>;

/** Fills in the defaults. */
export function fullOptions(options: LoaderOptions, { length }: Dataset): FullOptions {
  const { training } = options;
  const {
    workers = Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1)),
    prefetch = 2,
    badVideo = "skip",
    maxBad = Math.max(10, Math.ceil(length / 100)),
    onBad = (reason: string) => console.warn(`skipped: ${reason}`),
    decoder = "auto",
    shuffle = training,
    dropLast = training,
    cacheBytes = 0,
    resize = true,
    rank = 0,
    world = 1,
  } = options;
  const run = { workers, prefetch, decoder, cacheBytes, resize };
  return { ...options, ...run, badVideo, maxBad, onBad, shuffle, dropLast, rank, world };
}
