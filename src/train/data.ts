/**
 * The data sets and loaders that settings ask for.
 *
 * @module
 */
import type { Tokenizer } from "../clip/tokenizer.ts";
import type { Dataset } from "../data/dataset.ts";
import { readMsrvttOrder, readMsrvttTest, readMsrvttTrain } from "../data/datasets/msrvtt.ts";
import { Loader, type LoaderOptions } from "../data/loader.ts";
import type { Settings } from "./config/settings.ts";
import { derive } from "./config/derive.ts";

/** What a log says of a loader whose videos did not have the model's size; nothing where all did. */
export function resizedNote({ dataset, stats }: Loader, size: number): string | undefined {
  if (stats.resized === 0) return undefined;
  return `${dataset.split}: ${stats.resized} of ${stats.decoded} clips were resized to ${size} pixels ` +
    "(bicubic); videos of that size decode faster";
}

/** The splits that a run reads. */
export interface Splits {
  readonly test: Dataset;
  /** Reversed pairs that only a head which sees order can tell apart: reported, never counted. */
  readonly order?: Dataset;
}

/** Reads the training split. */
export function readTrain(settings: Settings): Promise<Dataset> {
  return readMsrvttTrain({
    trainCsv: settings.train_csv,
    dataPath: settings.data_path,
    expandSentences: settings.expand_msrvtt_sentences,
  });
}

/** Reads the splits for evaluation. */
export async function readSplits(settings: Settings): Promise<Splits> {
  return {
    test: await readMsrvttTest(settings.val_csv),
    order: await readMsrvttOrder(settings.val_csv),
  };
}

/**
 * A loader over a split; a training loader shuffles and drops the last, smaller batch.
 *
 * @param onBad Told of each video that cannot be decoded.
 * @param listeners Told of when the loader does what.
 */
export function openLoader(
  settings: Settings,
  dataset: Dataset,
  tokenizer: Tokenizer,
  size: number,
  onBad: (message: string) => void,
  listeners: Pick<LoaderOptions, "onDecoded" | "onWaited"> = {},
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
    videos: settings.lmdb_dataset
      ? { lmdb: settings.lmdb_dataset }
      : { folder: settings.features_path },
    decoder: settings.decoder,
    badVideo: settings.bad_video === "stop" ? "fail" : "skip",
    maxBad: Math.floor(settings.bad_video_limit * dataset.length),
    onBad,
    cacheBytes: settings.cache_mb * 1e6,
    resize: settings.compat !== "reference",
    ...listeners,
  });
}
