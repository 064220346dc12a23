/**
 * Data sets made of captions: one sample a caption, or one a video with a caption drawn at random.
 *
 * @module
 */
import type { Dataset, Sample } from "./dataset.ts";

/** A video with all its captions (at least one). */
export interface CaptionedVideo extends Omit<Sample, "text"> {
  readonly texts: readonly string[];
}

/** A data set with one sample for each caption. */
export function captionDataset(
  name: string,
  split: Dataset["split"],
  samples: readonly Sample[],
): Dataset {
  return { name, split, length: samples.length, at: (index) => samples[index] };
}

/**
 * A data set with one sample for each video; each access draws one of its captions.
 *
 * @example
 * ```ts
 * import { videoDataset } from "./captions.ts";
 * import { equal } from "node:assert/strict";
 * const set = videoDataset("pets", "train", [{ id: "v", file: "v.mp4", texts: ["a dog", "a pug"] }]);
 * equal(set.at(0, (n) => n - 1).text, "a pug");
 * ```
 */
export function videoDataset(
  name: string,
  split: Dataset["split"],
  videos: readonly CaptionedVideo[],
): Dataset {
  return {
    name,
    split,
    length: videos.length,
    at(index, integer) {
      const { texts, ...video } = videos[index];
      return { ...video, text: texts[integer(texts.length)] };
    },
  };
}
