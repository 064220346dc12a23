/**
 * Compressing off the calling thread, by native ffmpeg or ffmpeg.wasm.
 *
 * @module
 */

import { PlaceError } from "../errors.ts";
import { type Compressed, type CompressJob, compressVideo } from "./compress.ts";
import { retryEnded } from "./ended.ts";
import type { DecoderName } from "./engine.ts";
import { canEncode, nativeEngine } from "./native.ts";
import { WorkerPool } from "./pool.ts";
import { compileCore } from "./wasm.ts";

/** Compresses videos, several at a time. Close it, or the process does not end. */
export interface Compressor extends Disposable {
  readonly name: "native" | "wasm";
  /**
   * Jobs above the number of workers wait with ffmpeg.wasm; native ones start at once.
   *
   * @throws UserError as `compressVideo`, or whatever error after the compressor was closed.
   */
  compress(job: CompressJob): Promise<Compressed>;
}

/**
 * Opens a compressor. Native ffmpeg runs as children of this thread, and not in workers like the
 * decoders': a process that ends at once leaves a worker's child behind, which goes on writing.
 *
 * @throws PlaceError where the preferred ffmpeg, or any, cannot be had or lacks its H.264 encoder.
 */
export async function openCompressor(
  { prefer, workers }: { prefer: DecoderName; workers: number },
): Promise<Compressor> {
  if (prefer !== "wasm" && await canEncode()) {
    const engine = nativeEngine(""), kill = () => engine.kill();
    let closed = false;
    globalThis.addEventListener("unload", kill);
    return {
      name: "native",
      compress: (job) =>
        retryEnded(job.path, () => {
          if (closed) throw new Error("the compressor was closed");
          return compressVideo(engine, job);
        }),
      [Symbol.dispose]() {
        closed = true;
        globalThis.removeEventListener("unload", kill);
        kill();
      },
    };
  }
  if (prefer === "native") {
    throw new PlaceError(
      "no ffmpeg and ffprobe with the encoder libx264 are on the PATH; install ffmpeg, or choose " +
        "the wasm decoder",
    );
  }
  const pool = new WorkerPool(await compileCore(), workers);
  return {
    name: "wasm",
    compress: (job) => pool.run(() => ({ kind: "compress", job })),
    [Symbol.dispose]: () => pool.close(),
  };
}
