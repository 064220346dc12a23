/**
 * The loader over clips of a usual form: how fast they come from files, an LMDB and the frame cache, and how
 * long a training step waits for them.
 *
 * @module
 */
import type { Dataset } from "../../src/data/dataset.ts";
import { FrameCache } from "../../src/data/frame_cache.ts";
import { Loader } from "../../src/data/loader.ts";
import { packVideos } from "../../src/data/pack.ts";
import { Meter } from "../../src/train/meter.ts";
import { nativeVersion } from "../../src/video/native.ts";
import { median, type OverheadFigure } from "./figures.ts";
import { EPOCH, type LoaderRow, STEP_MS } from "./loader_rows.ts";
import { makeClip } from "./make_clip.ts";

/** A figure without its name. */
type Measured = Pick<OverheadFigure, "value" | "unit" | "note">;

const { clips, frames, side, batch } = EPOCH;
let made: Promise<Uint8Array<ArrayBuffer>> | undefined;

/** Measures one row. */
export async function measureLoader(
  row: LoaderRow,
  repeats: number,
): Promise<Measured> {
  if (row.decoder === "native" && await nativeVersion() === undefined) {
    return { unit: "clips a second", note: "no ffmpeg on the PATH" };
  }
  const folder = await Deno.makeTempDir({ prefix: "clips-" });
  try {
    await using frameCache = row.from === "cache" ? await openCache(folder) : undefined;
    if (row.of === "read" || row.of === "write") return times(frameCache!, row.of, repeats);
    const bytes = await (made ??= makeClip());
    await Deno.mkdir(`${folder}/videos`);
    for (let i = 0; i < clips; i++) await Deno.writeFile(`${folder}/videos/${i}.mp4`, bytes);
    if (row.from === "lmdb") await packVideos(`${folder}/videos`, `${folder}/videos.lmdb`);
    const loader = open(folder, row, frameCache);
    if (frameCache) await Array.fromAsync(loader.epoch(0));
    return row.of === "wait" ? await wait(loader) : await rate(loader, repeats);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function openCache(folder: string): Promise<FrameCache> {
  return (await FrameCache.open(`${folder}/frames`, { maxBytes: 1e10 }))!;
}

function open(folder: string, row: LoaderRow, frameCache: FrameCache | undefined): Loader {
  const dataset: Dataset = {
    ...{ name: "clips", split: "train", length: clips },
    at: (index) => ({ id: `${index}`, file: `${index}.mp4`, text: "" }),
  };
  const videos = row.from === "lmdb"
    ? { lmdb: `${folder}/videos.lmdb` }
    : { folder: `${folder}/videos` };
  return new Loader(dataset, {
    ...{ batchSize: batch, maxFrames: frames, size: side, maxWords: 1, training: true, seed: 1 },
    pack: () => ({ ids: new Int32Array(1), mask: new Int32Array(1) }),
    ...{ videos, workers: row.workers, decoder: row.decoder, frameCache, badVideo: "fail" },
  });
}

/** Clips a second, once the first batch is there and the workers have started. */
async function rate(loader: Loader, repeats: number): Promise<Measured> {
  const rates: number[] = [];
  for (let epoch = 1; epoch <= repeats; epoch++) {
    let start: number | undefined;
    for await (const _ of loader.epoch(epoch)) start ??= performance.now();
    rates.push((clips - batch) / (performance.now() - start!) * 1e3);
  }
  const value = median(rates);
  return { value, unit: "clips a second", note: `${(1e3 / value).toFixed(1)} ms a clip` };
}

/** Milliseconds to read a batch's frames of a clip, or to write a whole clip. */
function times(cache: FrameCache, of: "read" | "write", repeats: number): Measured {
  const count = 45, bytes = side * side * 3;
  const data = crypto.getRandomValues(new Uint8Array(1 << 16));
  const whole = new Uint8Array(count * bytes);
  for (let at = 0; at < whole.length; at += data.length) {
    whole.set(data.subarray(0, whole.length - at), at);
  }
  const clip = {
    ...{ data: whole, height: side, width: side, count, fps: 3, videoHeight: 240, videoWidth: 320 },
    indices: Array.from({ length: count }, (_, i) => i),
  };
  const written: number[] = [], read: number[] = [], rounds = 4 * repeats;
  const timed = (list: number[], work: () => void) => {
    const start = performance.now();
    work();
    list.push(performance.now() - start);
  };
  for (let i = 0; i < rounds; i++) timed(written, () => cache.put(`${i}`, clip));
  for (let epoch = 0; epoch < 5; epoch++) {
    for (let i = 0; i < rounds; i++) {
      const choose = { rule: "segments", frames, seed: 1, stream: [epoch, i] } as const;
      timed(read, () => cache.get(`${i}`, choose));
    }
  }
  return of === "read"
    ? { value: median(read), unit: "ms a clip", note: `${frames} frames of ${count}, drawn` }
    : { value: median(written), unit: "ms a clip", note: `all ${count} frames` };
}

/** The share of training steps that a GPU would wait for data, which takes {@link STEP_MS} a clip. */
async function wait(loader: Loader): Promise<Measured> {
  const meter = new Meter();
  let earlier = Promise.resolve();
  for await (const _ of meter.waiting(loader.epoch(1))) {
    // As in training: one step runs while the next is recorded.
    const now = earlier.then(() => sleep(STEP_MS * batch));
    meter.working(now);
    await earlier;
    earlier = now;
  }
  await earlier;
  const { seconds, gpu_wait_share } = meter.total;
  const note = `${(1e3 * seconds / clips).toFixed(0)} ms a clip`;
  return { value: 100 * gpu_wait_share, unit: "% of a step", note };
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
