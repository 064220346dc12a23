/**
 * A worker that runs ffmpeg on videos, one after the other.
 *
 * @module
 */

import { PlaceError, UserError } from "../errors.ts";
import { type Clip, decodeClip, type DecodeOptions } from "./clip.ts";
import { type Compressed, type CompressJob, compressVideo } from "./compress.ts";
import type { Engine } from "./engine.ts";
import { retryEnded } from "./ended.ts";
import { type FfmpegEngine, sourceName, type VideoSource } from "./ffmpeg.ts";
import { nativeEngine } from "./native.ts";
import { wasmEngine } from "./wasm.ts";

/** What a worker can do. */
export type Work =
  | { readonly kind: "decode"; readonly source: VideoSource; readonly options: DecodeOptions }
  | { readonly kind: "compress"; readonly job: CompressJob };

/** What comes of each kind of work. */
export interface Results {
  readonly decode: Clip;
  readonly compress: Compressed;
}

/** The first message a worker gets names the engine; every other one is work. */
export type Request = { readonly engine: Engine } | Work;

/** A worker answers with the result or with what went wrong. */
export type Reply =
  | { readonly result: Results[keyof Results] }
  | { readonly error: string; readonly user: boolean; readonly place: boolean };

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Request>) => Promise<void>;
  postMessage(reply: Reply, transfer?: Transferable[]): void;
};

let engine: FfmpegEngine;

scope.onmessage = async ({ data: request }) => {
  if ("engine" in request) {
    const chosen = request.engine;
    engine = "scratch" in chosen ? nativeEngine(chosen.scratch) : wasmEngine(chosen);
    return;
  }
  try {
    if (request.kind === "decode") {
      const { source, options } = request;
      const result = await retryEnded(
        sourceName(source),
        () => decodeClip(engine, source, options),
      );
      scope.postMessage({ result }, [result.data.buffer]);
    } else {
      scope.postMessage({ result: await compressVideo(engine, request.job) });
    }
  } catch (error) {
    const user = error instanceof UserError;
    const text = error instanceof Error ? (user ? error.message : error.stack ?? "") : `${error}`;
    scope.postMessage({ error: text, user, place: error instanceof PlaceError });
  }
};
