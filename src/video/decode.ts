/**
 * Decoding off the calling thread: `openDecoder` chooses native ffmpeg or ffmpeg.wasm and keeps a pool
 * of workers. Both give the same pixels.
 *
 * @module
 */

import type { Clip, DecodeOptions } from "./clip.ts";
import { chooseEngine, type DecoderName, type Engine, engineName } from "./engine.ts";
import { sourceName, type VideoSource } from "./ffmpeg.ts";
import { WorkerPool, type WorkTime } from "./pool.ts";

export type { Clip, DecodeOptions } from "./clip.ts";
export type { DecoderName } from "./engine.ts";
export type { VideoSource } from "./ffmpeg.ts";
export type { FrameChoice } from "./sampling.ts";

/** When a worker decoded a clip. */
export interface DecodeTime extends WorkTime {
  /** The video's name, without its folder. */
  readonly file: string;
  /** Frames that were taken; 0 where decoding failed. */
  readonly frames: number;
}

/** What {@link openDecoder} takes. */
export interface DecoderOptions {
  /** Default `auto`. */
  readonly prefer?: DecoderName;
  /** Default 1. */
  readonly workers?: number;
  /** Told of each clip that a worker is done with. */
  readonly onDecoded?: (time: DecodeTime) => void;
}

/** A pool of workers that decode clips. It keeps the process alive until it is closed. */
export class Decoder implements Disposable {
  readonly #pool: WorkerPool;
  readonly #onDecoded: DecoderOptions["onDecoded"];

  /** Use {@link openDecoder}. */
  constructor(
    engine: Engine,
    { workers = 1, onDecoded }: Pick<DecoderOptions, "workers" | "onDecoded">,
  ) {
    this.#pool = new WorkerPool(engine, workers);
    this.#onDecoded = onDecoded;
  }

  /** Which ffmpeg decodes. */
  get name(): "native" | "wasm" {
    return engineName(this.#pool.engine);
  }

  /**
   * Decodes the chosen frames of one clip. Jobs start in the order of the calls.
   *
   * @param source A function is called once a worker is free, so that waiting jobs hold no bytes.
   * @returns `data` is `[n, height, width, 3]` RGB bytes, `n` as many as the choice takes.
   * @throws UserError naming the file where it is missing, damaged, truncated, without video, or has no
   *   frame in the clip's range.
   */
  decode(source: VideoSource | (() => VideoSource), options: DecodeOptions): Promise<Clip> {
    let file = "";
    return this.#pool.run(
      () => {
        const video = typeof source === "function" ? source() : source;
        file = sourceName(video).replace(/.*[\\/]/, "");
        return { kind: "decode", source: video, options };
      },
      (time, clip) => this.#onDecoded?.({ ...time, file, frames: clip?.indices.length ?? 0 }),
    );
  }

  /** Ends the workers; what is still to be decoded is rejected with `reason`. */
  close(reason?: Error): void {
    this.#pool.close(reason);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Opens a decoder with `workers` workers. Close it, or declare it with `using`, or the process does not
 * end.
 *
 * ```ts ignore
 * using decoder = await openDecoder();
 * const clip = await decoder.decode({ path: "cat.mp4" }, {
 *   choose: { rule: "uniform", frames: 12 },
 *   size: 224,
 * });
 * ```
 *
 * @throws PlaceError where the preferred ffmpeg, or any, cannot be had.
 */
export async function openDecoder(
  { prefer = "auto", ...pool }: DecoderOptions = {},
): Promise<Decoder> {
  return new Decoder(await chooseEngine(prefer), pool);
}
