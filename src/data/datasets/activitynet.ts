/**
 * ActivityNet Captions (Krishna et al.: "Dense-Captioning Events in Videos", ICCV 2017) for paragraph
 * retrieval: the sentences of a video, joined, are its one caption, and the whole video is the clip.
 *
 * Files: `train_ids.json` and `val_ids.json` (lists of `v_<id>`), `train.json` and `val_1.json`
 * (`{"v_<id>": {"duration", "timestamps", "sentences"}}`), and `video_path.json`, which says where each
 * `<id>` lies below the video folder. There is no test split: `val` is tested on.
 *
 * @module
 */
import { UserError } from "../../errors.ts";
import {
  type FolderSplit,
  inFolder,
  isText,
  isTexts,
  readList,
  readObject,
  readVideoPaths,
} from "../annotation_folder.ts";
import { captionDataset } from "../captions.ts";
import type { Dataset, MissingVideo, Sample } from "../dataset.ts";

const FILES = {
  train: ["train_ids.json", "train.json"],
  val: ["val_ids.json", "val_1.json"],
} as const;

/** Left out by the original, whose decoder cannot read it. */
const UNREADABLE: ReadonlySet<string> = new Set(["NHznDFD3V3k"]);

interface Paragraph {
  /** Seconds. */
  readonly duration: number;
  readonly sentences: readonly string[];
}

function isParagraph(value: unknown): value is Paragraph {
  const { duration, sentences } = (value ?? {}) as Record<string, unknown>;
  return typeof duration === "number" && Number.isFinite(duration) && isTexts(sentences);
}

/**
 * A split of ActivityNet Captions: one sample a listed video that has captions and a path, in the order of
 * the list.
 *
 * @param split `train` or `val`.
 * @throws UserError naming the file and the place in it.
 */
export async function readActivityNet(folder: string, split: FolderSplit): Promise<Dataset> {
  if (split === "test") throw new UserError("ActivityNet Captions has no test split; take val");
  const [list, captions] = FILES[split].map((name) => inFolder(folder, name));
  const names = await readList(list, `ActivityNet's ${split} videos`, "an id", isText);
  const paragraphs = await readObject(
    captions,
    `ActivityNet's ${split} captions`,
    `{"duration": seconds, "sentences": [text, ...]}`,
    isParagraph,
  );
  const paths = await readVideoPaths(folder);
  const samples: Sample[] = [], missing: MissingVideo[] = [];
  for (const name of new Set(names)) {
    const id = name.slice("v_".length), paragraph = paragraphs.get(name), file = paths.get(id);
    if (paragraph === undefined || UNREADABLE.has(id)) continue;
    if (file === undefined) {
      missing.push({ id, place: "video_path.json" });
      continue;
    }
    // A clip of no length gets a second.
    const end = Math.max(1, Math.ceil(paragraph.duration));
    samples.push({ id, file, start: 0, end, text: paragraph.sentences.join(" ") });
  }
  if (samples.length + missing.length === 0) {
    throw new UserError(`${list}: none of its videos has captions in ${captions}`);
  }
  return { ...captionDataset("activity", split, samples), missing };
}
