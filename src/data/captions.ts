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
 * A data set with one sample for each caption, whose videos are retrieved by all their captions
 * together: the captions of a video follow each other.
 *
 * @example
 * ```ts
 * import { multiSentenceDataset } from "./captions.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * const videos = [{ id: "v", file: "v.avi", texts: ["a dog", "a pug"] }];
 * deepStrictEqual(multiSentenceDataset("pets", "test", videos).cutOffPoints, [2]);
 * ```
 */
export function multiSentenceDataset(
  name: string,
  split: Dataset["split"],
  videos: readonly CaptionedVideo[],
): Dataset {
  const samples = videos.flatMap(({ texts, ...video }) =>
    texts.map((text) => ({ ...video, text }))
  );
  let captions = 0;
  const cutOffPoints = videos.map(({ texts }) => captions += texts.length);
  return { ...captionDataset(name, split, samples), cutOffPoints };
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
