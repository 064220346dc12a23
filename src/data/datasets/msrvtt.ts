/**
 * MSR-VTT (Xu, Mei, Yao, Rui: "MSR-VTT: A Large Video Description Dataset for Bridging Video and
 * Language", CVPR 2016): 10,000 clips of 20 captions each, split as "7k", "9k" and "1k-A" by lists.
 * A video's file is `<id>.mp4`.
 *
 * @module
 */
import { UserError } from "../../errors.ts";
import { parseJson, parseTable, readText, type Row } from "../annotations.ts";
import { captionDataset, videoDataset } from "../captions.ts";
import type { Dataset, Sample } from "../dataset.ts";

const NAME = "msrvtt";

/** Where MSR-VTT's training split is described. */
export interface MsrvttTrainFiles {
  /** `--train_csv`: the training videos, in a column `video_id`. */
  readonly trainCsv: string;
  /** `--data_path`: JSON with all captions, `{"sentences": [{"video_id", "caption"}, ...]}`. */
  readonly dataPath: string;
  /** `--expand_msrvtt_sentences`: one sample a caption; else one a video, its caption drawn anew. */
  readonly expandSentences: boolean;
}

const fileOf = (id: string): string => `${id}.mp4`;

/** The value in a column that must not be empty. */
function require(row: Row, column: string, path: string): string {
  const value = row.get(column).trim();
  if (value === "") throw new UserError(`${path}:${row.line}: ${column} is empty`);
  return value;
}

/** Captions by video, both in the order of the file. */
async function readSentences(path: string): Promise<{ id: string; text: string }[]> {
  const data = parseJson(await readText(path, "MSR-VTT's captions"), path);
  const sentences = (data as { sentences?: unknown } | null)?.sentences;
  if (!Array.isArray(sentences)) {
    throw new UserError(`${path}: no list "sentences"; MSR-VTT's MSRVTT_data.json is expected`);
  }
  return sentences.map((sentence: Readonly<Record<string, unknown>> | null, index) => {
    const { video_id: id, caption: text } = sentence ?? {};
    if (typeof id !== "string" || typeof text !== "string") {
      const missing = typeof id === "string" ? "caption" : "video_id";
      throw new UserError(`${path}: sentences[${index}] has no text "${missing}"`);
    }
    return { id, text };
  });
}

/**
 * MSR-VTT's training split: with `expandSentences` every caption of a listed video in the order of the
 * captions' file, else every listed video in the order of the list.
 *
 * @throws UserError naming file and line: a file that cannot be read or parsed, a missing column, a
 *   listed video without a caption.
 */
export async function readMsrvttTrain(files: MsrvttTrainFiles): Promise<Dataset> {
  const { trainCsv, dataPath, expandSentences } = files;
  const list = await readText(trainCsv, "MSR-VTT's training videos");
  const rows = parseTable(list, trainCsv, ["video_id"]);
  if (rows.length === 0) throw new UserError(`${trainCsv}: lists no video`);
  const texts = new Map(rows.map((row) => [require(row, "video_id", trainCsv), [] as string[]]));

  const samples: Sample[] = [];
  for (const { id, text } of await readSentences(dataPath)) {
    texts.get(id)?.push(text);
    if (expandSentences && texts.has(id)) samples.push({ id, file: fileOf(id), text });
  }
  for (const row of rows) {
    const id = row.get("video_id").trim();
    if (texts.get(id)!.length > 0) continue;
    throw new UserError(`${trainCsv}:${row.line}: ${dataPath} has no caption of ${id}`);
  }
  if (expandSentences) return captionDataset(NAME, "train", samples);
  const videos = Array.from(texts, ([id, texts]) => ({ id, file: fileOf(id), texts }));
  return videoDataset(NAME, "train", videos);
}

/** One sample for each row of a table in the form of `MSRVTT_JSFUSION_test.csv`. */
async function readPairs(path: string, split: Dataset["split"]): Promise<Dataset> {
  const text = await readText(path, `MSR-VTT's ${split} captions`);
  const samples = parseTable(text, path, ["video_id", "sentence"]).map((row) => {
    const id = require(row, "video_id", path);
    return { id, file: fileOf(id), text: require(row, "sentence", path) };
  });
  if (samples.length === 0) throw new UserError(`${path}: lists no caption`);
  return captionDataset(NAME, split, samples);
}

/**
 * MSR-VTT's test split: one caption and one video a row.
 *
 * @param valCsv `--val_csv`: a table with the columns `video_id` and `sentence`, such as the 1k-A list
 *   `MSRVTT_JSFUSION_test.csv`.
 * @throws UserError naming file and line.
 */
export function readMsrvttTest(valCsv: string): Promise<Dataset> {
  return readPairs(valCsv, "test");
}

/**
 * The pairs of `order.csv` beside the test list, where that file exists: videos that differ only by the
 * direction of time. MSR-VTT has none; the built-in fixtures do.
 *
 * @throws UserError naming file and line.
 */
export async function readMsrvttOrder(valCsv: string): Promise<Dataset | undefined> {
  const path = valCsv.replace(/[^/\\]*$/, "order.csv");
  try {
    await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new UserError(`cannot read ${path}: ${(error as Error).message}`);
  }
  return readPairs(path, "order");
}
