/**
 * Batches of text-video pairs from golden files.
 *
 * @module
 */
import { type Device, type PairBatch, tensor } from "../../mod.ts";
import type { GoldenFile, GoldenTensor } from "./golden_file.ts";
import { type Floats, floats, type Integers, integers } from "./values.ts";

/** A batch on the host, as golden files hold it. */
export interface HostBatch {
  /** [videos, 1, words] */
  readonly ids: Integers;
  /** [videos, 1, frames, 3, size, size] */
  readonly video: Floats;
  /** [videos, 1, frames] */
  readonly mask: Floats;
}

/** Reads the batch of a file, or of whatever `read` finds under its names. */
export async function readBatch(
  source: GoldenFile | ((name: string) => Promise<GoldenTensor>),
): Promise<HostBatch> {
  const read = typeof source === "function" ? source : (name: string) => source.tensor(name);
  return {
    ids: await integers(read("input_ids")),
    video: await floats(read("video")),
    mask: await floats(read("video_mask")),
  };
}

/** The batch as the model takes it. */
export function uploadBatch(device: Device, { ids, video, mask }: HostBatch): PairBatch {
  const [videos, pairs, frames, ...image] = video.shape;
  return {
    text: { ids: ids.data, length: ids.shape.at(-1)! },
    frames: tensor(device, video.data, [videos * pairs * frames, ...image]),
    videoMask: mask.data,
  };
}
