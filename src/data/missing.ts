/**
 * Videos that annotations name and that are not there: found before a run starts, not in its third hour.
 *
 * @module
 */
import type { Dataset, MissingVideo } from "./dataset.ts";
import type { VideoList } from "./video_list.ts";

/**
 * The data set without the samples whose video is not there; those videos join {@link Dataset.missing}.
 *
 * @example
 * ```ts
 * import { captionDataset } from "./captions.ts";
 * import { withoutMissing } from "./missing.ts";
 * import { VideoList } from "./video_list.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const pets = captionDataset("pets", "test", [
 *   { id: "a", file: "a.mp4", text: "a cat" },
 *   { id: "b", file: "b.mp4", text: "a bat" },
 * ]);
 * const { length, missing } = withoutMissing(pets, new VideoList("videos", ["a.mp4"]));
 * deepStrictEqual({ length, missing }, { length: 1, missing: [{ id: "b", place: "videos" }] });
 * ```
 */
export function withoutMissing(dataset: Dataset, videos: VideoList): Dataset {
  const missing = new Map((dataset.missing ?? []).map((video) => [video.id, video]));
  const kept: number[] = [], before = new Int32Array(dataset.length + 1);
  for (let i = 0; i < dataset.length; i++) {
    const { id, file } = dataset.at(i, () => 0);
    if (videos.has(file)) kept.push(i);
    else if (!missing.has(id)) missing.set(id, { id, place: videos.place });
    before[i + 1] = kept.length;
  }
  return {
    ...dataset,
    length: kept.length,
    at: (index, integer) => dataset.at(kept[index], integer),
    cutOffPoints: dataset.cutOffPoints?.map((end) => before[end])
      .filter((end, i, ends) => end > (i === 0 ? 0 : ends[i - 1])),
    missing: [...missing.values()],
  };
}

/** Most videos that a message names. */
const NAMED = 50;

/** Missing videos in one line: "3 videos: 2 not in videos (a, b), 1 not in video_path.json (c)". */
export function describeMissing(missing: readonly MissingVideo[]): string {
  const parts = [...Map.groupBy(missing, ({ place }) => place)].map(([place, videos]) => {
    const names = videos.slice(0, NAMED).map(({ id }) => id).join(", ");
    const more = videos.length > NAMED ? ` and ${videos.length - NAMED} more` : "";
    return `${videos.length} not in ${place} (${names}${more})`;
  });
  return `${missing.length} video${missing.length === 1 ? "" : "s"}: ${parts.join(", ")}`;
}
