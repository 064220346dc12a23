/**
 * A small data set over the videos in `fixtures/videos`, and a loader's options for it.
 */
import type { Dataset, Sample } from "../../src/data/dataset.ts";
import type { Batch, Loader, LoaderOptions } from "../../src/data/loader.ts";

/** The folder of the videos. */
export const folder = new URL("../../fixtures/videos/", import.meta.url).pathname;
/** Videos of 7 to 20 frames. */
export const FILES = [
  ...["h264.mp4", "mpeg4.avi", "odd.webm", "rotated.mp4", "trimmed.mp4", "vfr.mp4"],
] as const;
/** Frames a clip, their side in pixels, tokens a text. */
export const [T, S, L] = [4, 14, 5];

/** A data set over `files`, each with two captions; the first file twice, as two clips. */
export function dataset(files: readonly string[] = FILES): Dataset {
  const samples = [...files, files[0]];
  return {
    name: "toy",
    split: "train",
    length: samples.length,
    at(index, integer): Sample {
      const times = index === samples.length - 1 ? { start: 0.5, end: 1.2 } : {};
      return { id: `${index}`, file: samples[index], text: `${index} ${integer(2)}`, ...times };
    },
  };
}

/** Options for it; a bad video fails. */
export const options: LoaderOptions = {
  batchSize: 2,
  maxWords: L,
  pack(text, maxWords) {
    const ids = new Int32Array(maxWords), mask = new Int32Array(maxWords);
    [...text].forEach((c, i) => [ids[i], mask[i]] = [c.charCodeAt(0), 1]);
    return { ids, mask };
  },
  maxFrames: T,
  size: S,
  training: false,
  seed: 3,
  videos: { folder },
  workers: 2,
  decoder: "wasm",
  onBad: (reason) => {
    throw new Error(reason);
  },
};

/** All batches of an epoch, without what depends on time. */
export async function collect(
  loader: Loader,
  epoch = 0,
  startBatch = 0,
): Promise<Omit<Batch, "waitMs">[]> {
  const batches = await Array.fromAsync(loader.epoch(epoch, { startBatch }));
  return batches.map(({ waitMs: _, ...batch }) => batch);
}

/** The samples of each batch, by their numbers. */
export const ids = (batches: readonly { readonly samples: readonly Sample[] }[]): number[][] =>
  batches.map(({ samples }) => samples.map(({ id }) => Number(id)));
