/**
 * DiDeMo (Hendricks et al.: "Localizing Moments in Video with Natural Language", ICCV 2017) for paragraph
 * retrieval: the descriptions of a video, joined, are its one caption, and its first 31 seconds the clip
 * (what was shown to those who described it was cut after 30).
 *
 * Files: `{train,val,test}_list.txt` and `{train,val,test}_data.json`
 * (`[{"description", "times", "video"}, ...]`). A video is the file of that name, or of that name and
 * `.mp4` behind it, anywhere below the video folder.
 *
 * @module
 */
import { UserError } from "../../errors.ts";
import { type FolderSplit, inFolder, isText, readIds, readList } from "../annotation_folder.ts";
import { captionDataset } from "../captions.ts";
import type { Dataset, MissingVideo, Sample } from "../dataset.ts";
import { baseName } from "../paths.ts";
import type { VideoList } from "../video_list.ts";

/** Seconds of a video that were described. */
const END = 31;

/** Listed, and not to be had any more; the original leaves them out. */
const GONE = [
  "37996615073@N01_3336195519_579ea4136c.3gp",
  "44124421772@N01_2867159874_e39e716b7e.mpg",
  "59627558@N00_4659075184_253744838b.3gp",
];

interface Moment {
  readonly description: string;
  readonly video: string;
}

function isMoment(value: unknown): value is Moment {
  const { description, video } = (value ?? {}) as Record<string, unknown>;
  return isText(description) && isText(video);
}

/** Where the files lie that answer to a name: their own, or what is left of it before ".mp4". */
function byName(videos: VideoList): Map<string, string> {
  const files = new Map<string, string>();
  for (const file of videos.files) files.set(baseName(file).slice(0, -".mp4".length), file);
  for (const file of videos.files) files.set(baseName(file), file);
  return files;
}

/**
 * A split of DiDeMo: one sample a listed video, in the order in which the videos are first described.
 *
 * @throws UserError naming the file and the place in it.
 */
export async function readDidemo(
  folder: string,
  split: FolderSplit,
  videos: VideoList,
): Promise<Dataset> {
  const list = inFolder(folder, `${split}_list.txt`), data = inFolder(folder, `${split}_data.json`);
  const ids = await readIds(list, `DiDeMo's ${split} videos`);
  for (const gone of GONE) ids.delete(gone);
  const moments = await readList(
    data,
    `DiDeMo's ${split} descriptions`,
    `{"description": text, "video": name}`,
    isMoment,
  );
  const described = Map.groupBy(moments.filter(({ video }) => ids.has(video)), (m) => m.video);
  if (described.size === 0) throw new UserError(`${list}: ${data} describes none of its videos`);

  const files = byName(videos), samples: Sample[] = [], missing: MissingVideo[] = [];
  for (const [id, own] of described) {
    const file = files.get(id), text = own.map(({ description }) => description).join(" ");
    if (file === undefined) missing.push({ id, place: videos.place });
    else samples.push({ id, file, start: 0, end: END, text });
  }
  return { ...captionDataset("didemo", split, samples), missing };
}
