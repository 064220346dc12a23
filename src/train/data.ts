/**
 * The loaders that settings ask for.
 *
 * @module
 */
import type { Tokenizer } from "../clip/tokenizer.ts";
import type { Dataset } from "../data/dataset.ts";
import { FrameCache } from "../data/frame_cache.ts";
import { Loader, type LoaderOptions, type VideoPlace } from "../data/loader.ts";
import type { Settings } from "./config/settings.ts";
import { derive } from "./config/derive.ts";
import type { Logger } from "./log/logger.ts";

/** What a log says of a loader whose videos did not have the model's size; nothing where all did. */
export function resizedNote({ dataset, stats }: Loader, size: number): string | undefined {
  if (stats.resized === 0) return undefined;
  return `${dataset.split}: ${stats.resized} of ${stats.decoded} clips were resized to ${size} pixels ` +
    "(bicubic); videos of that size decode faster";
}

/**
 * Opens the cache of `--frame_cache`; nothing without one, or where it has no room.
 *
 * @throws {UserError} if the file is something else, or damaged.
 */
export async function openFrameCache(
  { frame_cache, frame_cache_gb }: Settings,
  logger: Logger,
): Promise<FrameCache | undefined> {
  if (frame_cache === null) return undefined;
  const onNote = (line: string) => logger.warning(line);
  return await FrameCache.open(frame_cache, { maxBytes: frame_cache_gb * 1e9, onNote });
}

/** Where the videos lie. */
export function videoPlace({ lmdb_dataset, features_path }: Settings): VideoPlace {
  return lmdb_dataset ? { lmdb: lmdb_dataset } : { folder: features_path };
}

/** The number of clips of a split: several captions may share one. */
function clipCount(dataset: Dataset): number {
  const clips = new Set<string>();
  for (let i = 0; i < dataset.length; i++) clips.add(dataset.at(i, () => 0).file);
  return clips.size;
}

/**
 * A loader over a split; a training loader shuffles and drops the last, smaller batch.
 *
 * @param more What the call adds: its cache, and who is told of what the loader does.
 */
export function openLoader(
  settings: Settings,
  dataset: Dataset,
  tokenizer: Tokenizer,
  size: number,
  more: Pick<LoaderOptions, "frameCache" | "onBad" | "onDecoded" | "onWaited">,
): Loader {
  const training = dataset.split === "train";
  return new Loader(dataset, {
    batchSize: training ? derive(settings).microBatchSize : settings.batch_size_val,
    maxWords: settings.max_words,
    pack: (text, maxWords) => tokenizer.pack(text, maxWords),
    maxFrames: settings.max_frames,
    size,
    training,
    seed: settings.seed,
    workers: settings.num_thread_reader,
    videos: videoPlace(settings),
    decoder: settings.decoder,
    badVideo: settings.bad_video,
    maxBad: settings.max_bad ?? Math.floor(settings.bad_video_limit * clipCount(dataset)),
    cacheBytes: settings.cache_mb * 1e6,
    resize: settings.compat !== "reference",
    ...more,
  });
}
