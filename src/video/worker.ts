/**
 * A worker that decodes clips, one after the other.
 *
 * @module
 */

import { UserError } from "../errors.ts";
import { type Clip, decodeClip, type DecodeOptions } from "./clip.ts";
import type { FfmpegEngine, VideoSource } from "./ffmpeg.ts";
import { nativeEngine } from "./native.ts";
import { wasmEngine } from "./wasm.ts";

/** What a worker decodes with: ffmpeg.wasm's module, or the native ffmpeg and a scratch folder. */
export type Engine = WebAssembly.Module | { readonly scratch: string };

/** The first message a worker gets names the engine; every other one is a job. */
export type Request =
  | { readonly engine: Engine }
  | { readonly source: VideoSource; readonly options: DecodeOptions };

/** A worker answers each job with the clip or with what went wrong. */
export type Reply =
  | { readonly clip: Clip }
  | { readonly error: string; readonly user: boolean };

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
    const clip = await decodeClip(engine, request.source, request.options);
    scope.postMessage({ clip }, [clip.data.buffer]);
  } catch (error) {
    const user = error instanceof UserError;
    const text = error instanceof Error ? (user ? error.message : error.stack ?? "") : `${error}`;
    scope.postMessage({ error: text, user });
  }
};
