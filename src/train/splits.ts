/**
 * The splits of the data set that settings name, and what is missing of them.
 *
 * @module
 */
import type { FolderSplit, ReadFolder } from "../data/annotation_folder.ts";
import type { Dataset, MissingVideo } from "../data/dataset.ts";
import { readActivityNet } from "../data/datasets/activitynet.ts";
import { readDidemo } from "../data/datasets/didemo.ts";
import { readLsmdc } from "../data/datasets/lsmdc.ts";
import { readMsrvttOrder, readMsrvttTest, readMsrvttTrain } from "../data/datasets/msrvtt.ts";
import { readMsvd } from "../data/datasets/msvd.ts";
import { describeMissing, withoutMissing } from "../data/missing.ts";
import { listVideos, type VideoList } from "../data/video_list.ts";
import { UserError } from "../errors.ts";
import { writeAtomic } from "../io/atomic.ts";
import type { Settings } from "./config/settings.ts";
import { videoPlace } from "./data.ts";
import type { Logger } from "./log/logger.ts";

/** The splits that a run evaluates. */
export interface Splits {
  readonly test: Dataset;
  /** Reversed pairs that only a head which sees order can tell apart: reported, never counted. */
  readonly order?: Dataset;
}

/** The data sets that come as a folder of annotation files, and the split that is tested on. */
const FOLDERS: {
  readonly [name in Exclude<Settings["datatype"], "msrvtt">]: readonly [ReadFolder, FolderSplit];
} = {
  msvd: [readMsvd, "test"],
  lsmdc: [readLsmdc, "test"],
  activity: [readActivityNet, "val"],
  didemo: [readDidemo, "test"],
};

/** Reads one split, whether or not its videos are there. */
async function readSplit(
  settings: Settings,
  split: "train" | "test" | "order",
  videos: VideoList,
): Promise<Dataset | undefined> {
  const { datatype, data_path, val_csv } = settings;
  if (datatype !== "msrvtt") {
    if (split === "order") return undefined;
    const [read, test] = FOLDERS[datatype];
    const dataset = await read(data_path, split === "test" ? test : split, videos);
    return { ...dataset, split };
  }
  if (split === "test") return readMsrvttTest(val_csv);
  if (split === "order") return readMsrvttOrder(val_csv);
  const { train_csv: trainCsv, expand_msrvtt_sentences: expandSentences } = settings;
  return readMsrvttTrain({ trainCsv, dataPath: data_path, expandSentences });
}

/**
 * Reads the splits for evaluation, and for training the one to train on. Samples whose video is missing
 * are left out.
 *
 * @throws {UserError} where annotations cannot be read, no video of a split is there, or with
 *   `--missing fail` one is not.
 */
export function readSplits(
  settings: Settings,
  options: { training: true },
): Promise<Splits & { readonly train: Dataset }>;
export function readSplits(settings: Settings): Promise<Splits>;
export async function readSplits(
  settings: Settings,
  { training = false } = {},
): Promise<Splits & { readonly train?: Dataset }> {
  const videos = await listVideos(videoPlace(settings));
  const read = async (split: "train" | "test" | "order") => {
    const dataset = await readSplit(settings, split, videos);
    return dataset && checked(withoutMissing(dataset, videos), settings);
  };
  return {
    train: training ? await read("train") : undefined,
    test: (await read("test"))!,
    order: await read("order"),
  };
}

/**
 * The videos that each split of a data set names and that are not there.
 *
 * @throws {UserError} where annotations or the videos' place cannot be read.
 */
export async function missingVideos(
  settings: Settings,
): Promise<ReadonlyMap<Dataset["split"], readonly MissingVideo[]>> {
  const videos = await listVideos(videoPlace(settings));
  const found = new Map<Dataset["split"], readonly MissingVideo[]>();
  for (const split of ["train", "test", "order"] as const) {
    const dataset = await readSplit(settings, split, videos);
    if (dataset) found.set(split, withoutMissing(dataset, videos).missing ?? []);
  }
  return found;
}

function checked(dataset: Dataset, { missing: rule }: Settings): Dataset {
  const { name, split, length, missing = [] } = dataset;
  if (missing.length === 0 || (rule === "skip" && length > 0)) return dataset;
  const remedy = length > 0
    ? "add them, or leave them out by --missing skip"
    : "give the folder or LMDB that holds them";
  throw new UserError(`${name}'s ${split} split lacks ${describeMissing(missing)}; ${remedy}`);
}

/**
 * Logs which videos are left out since they are not there, split by split.
 *
 * @param path A file for all their names, of which a log line holds the first: split, id and place a line.
 * @throws {UserError} if it cannot be written.
 */
export async function tellMissing(
  splits: readonly (Dataset | undefined)[],
  logger: Logger,
  path?: string,
): Promise<void> {
  const rows: string[] = [];
  for (const dataset of splits) {
    if (!dataset?.missing?.length) continue;
    const { split, length, missing } = dataset;
    const figures = split === "train" ? "" : "; its figures are not those of the whole split";
    const what = describeMissing(missing);
    logger.warning(`${split}: left out for missing ${what}; ${length} samples stay${figures}`);
    for (const { id, place } of missing) rows.push(`${split}\t${id}\tnot in ${place}\n`);
  }
  if (path === undefined || rows.length === 0) return;
  await writeAtomic(path, rows.join(""));
  logger.info(`all of them: ${path}`);
}
