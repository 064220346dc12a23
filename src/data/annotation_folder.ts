/**
 * Annotation files that lie together in one folder, `--data_path`: lists of ids, and JSON.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import { parseJson, readText } from "./annotations.ts";
import type { Dataset } from "./dataset.ts";
import type { VideoList } from "./video_list.ts";

/** The splits of the data sets that come as a folder. */
export type FolderSplit = "train" | "val" | "test";

/**
 * Reads a split of a data set whose annotation files lie in `folder`.
 *
 * @param videos The videos that there are, for data sets that find theirs by walking.
 * @throws UserError naming the file and the place in it.
 */
export type ReadFolder = (
  folder: string,
  split: FolderSplit,
  videos: VideoList,
) => Promise<Dataset>;

/** The path of a file in the annotation folder. */
export function inFolder(folder: string, name: string): string {
  return `${folder.replace(/(?<=.)\/+$/, "")}/${name}`;
}

/**
 * The ids of a list with one id a line; one that stands there twice counts once.
 *
 * @throws UserError where the list cannot be read or is empty.
 */
export async function readIds(path: string, what: string): Promise<Set<string>> {
  const lines = (await readText(path, what)).split("\n").map((line) => line.trim());
  const ids = new Set(lines.filter((id) => id !== ""));
  if (ids.size === 0) throw new UserError(`${path}: lists no video`);
  return ids;
}

/**
 * The object that a JSON file holds, by keys.
 *
 * @param expected What the values must be, for the message: `{"duration", "sentences"}`.
 * @param isValue Whether a value is that.
 * @throws UserError naming the file and the key.
 */
export async function readObject<T>(
  path: string,
  what: string,
  expected: string,
  isValue: (value: unknown) => value is T,
): Promise<Map<string, T>> {
  const json = parseJson(await readText(path, what), path);
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new UserError(`${path}: not an object of ${expected} by ids`);
  }
  const entries = Object.entries(json);
  const unfit = entries.find(([, value]) => !isValue(value));
  if (unfit) throw new UserError(`${path}: "${unfit[0]}" is not ${expected}`);
  return new Map(entries as [string, T][]);
}

/**
 * The list that a JSON file holds.
 *
 * @param expected What each item must be, for the message.
 * @param isItem Whether an item is that.
 * @throws UserError naming the file and the item.
 */
export async function readList<T>(
  path: string,
  what: string,
  expected: string,
  isItem: (item: unknown) => item is T,
): Promise<T[]> {
  const json = parseJson(await readText(path, what), path);
  if (!Array.isArray(json)) throw new UserError(`${path}: not a list of ${expected}`);
  const unfit = json.findIndex((item) => !isItem(item));
  if (unfit >= 0) throw new UserError(`${path}: item ${unfit} is not ${expected}`);
  return json;
}

/** Whether a value is a text. */
export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Whether a value is a list of texts. */
export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}

/** `video_path.json`: where each video lies below the video folder, by its id. */
export function readVideoPaths(folder: string): Promise<Map<string, string>> {
  const path = inFolder(folder, "video_path.json");
  return readObject(path, "the videos' paths", "a path", isText);
}
