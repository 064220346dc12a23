/**
 * Decoding off the calling thread: `openDecoder` chooses native ffmpeg or ffmpeg.wasm and keeps a pool
 * of workers. Both give the same pixels.
 *
 * @module
 */

import { UserError } from "../errors.ts";
import type { Clip, DecodeOptions } from "./clip.ts";
import { sourceName, type VideoSource } from "./ffmpeg.ts";
import { nativeVersion } from "./native.ts";
import { compileCore, CORE_VERSION } from "./wasm.ts";
import type { Engine, Reply, Request } from "./worker.ts";

export type { Clip, DecodeOptions } from "./clip.ts";
export type { VideoSource } from "./ffmpeg.ts";
export type { FrameChoice } from "./sampling.ts";

/** Which ffmpeg decodes: `auto` takes the native one where it is on the PATH. */
export type DecoderName = "auto" | "native" | "wasm";

/** When a worker decoded a clip: milliseconds of `performance.now()`. */
export interface DecodeTime {
  /** Its number in the pool, from 0. */
  readonly worker: number;
  /** The video's name, without its folder. */
  readonly file: string;
  /** Frames that were taken; 0 where decoding failed. */
  readonly frames: number;
  readonly begin: number;
  readonly end: number;
}

/**
 * The decoder that {@link openDecoder} would give, with its version: the same one gives the same pixels.
 *
 * @param prefer Default `auto`.
 */
export async function decoderIdentity(prefer: DecoderName = "auto"): Promise<string> {
  const native = prefer === "wasm" ? undefined : await nativeVersion();
  return native === undefined ? `wasm ${CORE_VERSION}` : `native ${native}`;
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

interface Job {
  readonly source: VideoSource | (() => VideoSource);
  readonly options: DecodeOptions;
  readonly resolve: (clip: Clip) => void;
  readonly reject: (error: Error) => void;
}

/** A pool of workers that decode clips. It keeps the process alive until it is closed. */
export class Decoder implements Disposable {
  readonly #workers: Worker[];
  readonly #idle: Worker[] = [];
  readonly #queue: Job[] = [];
  readonly #running = new Map<Worker, Job & { readonly file: string; readonly begin: number }>();
  /** Why it was closed. */
  #closed: Error | undefined;

  /** Which ffmpeg decodes. */
  readonly name: "native" | "wasm";

  /** Use {@link openDecoder}. */
  constructor(
    readonly engine: Engine,
    { workers = 1, onDecoded }: Pick<DecoderOptions, "workers" | "onDecoded">,
  ) {
    this.name = "scratch" in engine ? "native" : "wasm";
    this.#workers = Array.from({ length: workers }, (_, i) => this.#start(i, onDecoded));
    this.#idle.push(...this.#workers);
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
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(this.#closed);
      this.#queue.push({ source, options, resolve, reject });
      this.#next();
    });
  }

  /** Ends the workers; what is still to be decoded is rejected with `reason`. */
  close(reason = new Error("the decoder was closed")): void {
    if (this.#closed) return;
    this.#closed = reason;
    for (const worker of this.#workers) worker.terminate();
    for (const job of [...this.#running.values(), ...this.#queue]) job.reject(reason);
    this.#running.clear();
    this.#queue.length = 0;
    if ("scratch" in this.engine) removeScratch(this.engine.scratch);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #start(number: number, onDecoded: DecoderOptions["onDecoded"]): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.postMessage({ engine: this.engine } satisfies Request);
    worker.onmessage = ({ data: reply }: MessageEvent<Reply>) => {
      const job = this.#running.get(worker);
      this.#running.delete(worker);
      if (job && onDecoded) {
        const { file, begin } = job, frames = "clip" in reply ? reply.clip.indices.length : 0;
        onDecoded({ worker: number, file, frames, begin, end: performance.now() });
      }
      this.#idle.push(worker);
      this.#next();
      if ("clip" in reply) job?.resolve(reply.clip);
      else job?.reject(reply.user ? new UserError(reply.error) : new Error(reply.error));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.close(new Error(`a decoding worker ended: ${event.message}`));
    };
    return worker;
  }

  #next(): void {
    while (this.#idle.length > 0 && this.#queue.length > 0) {
      const job = this.#queue.shift()!, { source, options } = job;
      try {
        const video = typeof source === "function" ? source() : source;
        const worker = this.#idle.pop()!;
        const file = sourceName(video).replace(/.*[\\/]/, "");
        this.#running.set(worker, { ...job, file, begin: performance.now() });
        worker.postMessage({ source: video, options } satisfies Request);
      } catch (error) {
        job.reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }
}

/** Removes a folder in which workers that are just ending may still make or remove a file. */
function removeScratch(folder: string): void {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      return Deno.removeSync(folder, { recursive: true });
    } catch {
      // After the last attempt it is left to the system's care of temporary files.
    }
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
 * @throws UserError where the preferred ffmpeg, or any, cannot be had.
 */
export async function openDecoder(
  { prefer = "auto", ...pool }: DecoderOptions = {},
): Promise<Decoder> {
  if (prefer !== "wasm" && await nativeVersion() !== undefined) {
    return new Decoder({ scratch: await Deno.makeTempDir({ prefix: "videos-" }) }, pool);
  }
  if (prefer === "native") {
    throw new UserError(
      "ffmpeg and ffprobe are not on the PATH; install ffmpeg, or choose the wasm decoder",
    );
  }
  return new Decoder(await compileCore(), pool);
}
