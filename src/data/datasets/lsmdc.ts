/**
 * LSMDC (Rohrbach et al.: "Movie Description", IJCV 2017): 118,081 clips of films, each with the sentence
 * that is spoken for the blind.
 *
 * Files: `LSMDC16_annos_training.csv`, `LSMDC16_annos_val.csv`, `LSMDC16_challenge_1000_publictect.csv`
 * (the published name), and `video_path.json`, which says where each clip lies below the video folder.
 *
 * @module
 */
import { UserError } from "../../errors.ts";
import { type FolderSplit, inFolder, readVideoPaths } from "../annotation_folder.ts";
import { readText } from "../annotations.ts";
import { captionDataset } from "../captions.ts";
import type { Dataset, MissingVideo, Sample } from "../dataset.ts";

const TABLES = {
  train: "LSMDC16_annos_training.csv",
  val: "LSMDC16_annos_val.csv",
  test: "LSMDC16_challenge_1000_publictect.csv",
} as const;

/** Clip, start and end as aligned, start and end as extracted, sentence. */
const COLUMNS = 6;

/**
 * A split of LSMDC: one sample a line whose clip is in `video_path.json`, in the order of the lines. The
 * tables have no header and no quoting: a quotation mark is part of the sentence.
 *
 * @throws UserError naming the file and the line.
 */
export async function readLsmdc(folder: string, split: FolderSplit): Promise<Dataset> {
  const table = inFolder(folder, TABLES[split]), paths = await readVideoPaths(folder);
  const lines = (await readText(table, `LSMDC's ${split} sentences`)).split("\n");
  const samples: Sample[] = [], missing = new Map<string, MissingVideo>();
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const columns = line.trim().split("\t");
    if (columns.length !== COLUMNS) {
      throw new UserError(
        `${table}:${i + 1}: ${columns.length} columns separated by tabs, not ${COLUMNS}`,
      );
    }
    const [id] = columns, text = columns[COLUMNS - 1], file = paths.get(id);
    if (file !== undefined) samples.push({ id, file, text });
    else missing.set(id, { id, place: "video_path.json" });
  }
  if (samples.length + missing.size === 0) throw new UserError(`${table}: lists no sentence`);
  return { ...captionDataset("lsmdc", split, samples), missing: [...missing.values()] };
}
