/**
 * MSVD (Chen, Dolan: "Collecting Highly Parallel Data for Paraphrase Evaluation", ACL 2011): 1,970 clips
 * of about 40 captions each, 1,200 for training, 100 for validation and 670 for testing. Each caption is a
 * query of its own; a video is found by the best of its captions.
 *
 * Files: `{train,val,test}_list.txt` and `raw-captions.pkl`. A video is the file whose name without its
 * extension is the id, anywhere below the video folder.
 *
 * @module
 */
import { UserError } from "../../errors.ts";
import { unpickle } from "../../io/unpickler.ts";
import { type FolderSplit, inFolder, isTexts, readIds } from "../annotation_folder.ts";
import { readBytes } from "../annotations.ts";
import { type CaptionedVideo, multiSentenceDataset } from "../captions.ts";
import type { Dataset, MissingVideo } from "../dataset.ts";
import { baseName } from "../paths.ts";
import type { VideoList } from "../video_list.ts";

/** `{id: [[word, ...], ...]}` of a pickle, each caption's words joined by blanks. */
async function readCaptions(path: string): Promise<Map<string, string[]>> {
  const bytes = await readBytes(path, "MSVD's captions");
  const { value } = unpickle(bytes, { label: path });
  if (!(value instanceof Map)) {
    throw new UserError(`${path}: not a dictionary; MSVD's raw-captions.pkl is expected`);
  }
  const captions = new Map<string, string[]>();
  for (const [id, lists] of value) {
    if (typeof id !== "string" || !Array.isArray(lists) || !lists.every(isTexts)) {
      throw new UserError(`${path}: "${id}" has no captions as lists of words`);
    }
    captions.set(id, lists.map((words) => words.join(" ")));
  }
  return captions;
}

/**
 * A split of MSVD: one sample a caption, the videos in the order of the list.
 *
 * @throws UserError naming the file: it cannot be read, is not what its name says, or has no caption of a
 *   listed video.
 */
export async function readMsvd(
  folder: string,
  split: FolderSplit,
  videos: VideoList,
): Promise<Dataset> {
  const list = inFolder(folder, `${split}_list.txt`), pickle = inFolder(folder, "raw-captions.pkl");
  const ids = await readIds(list, `MSVD's ${split} videos`), captions = await readCaptions(pickle);
  const files = new Map<string, string>();
  for (const file of videos.files) {
    const id = baseName(file).replace(/\.[^.]*$/, "");
    if (!files.has(id)) files.set(id, file);
  }
  const found: CaptionedVideo[] = [], missing: MissingVideo[] = [];
  for (const id of ids) {
    const texts = captions.get(id) ?? [], file = files.get(id);
    if (texts.length === 0) throw new UserError(`${list}: ${pickle} has no caption of ${id}`);
    if (file === undefined) missing.push({ id, place: videos.place });
    else found.push({ id, file, texts });
  }
  return { ...multiSentenceDataset("msvd", split, found), missing };
}
