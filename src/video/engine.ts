/**
 * The choice between native ffmpeg and ffmpeg.wasm.
 *
 * @module
 */

import { messageOf, PlaceError } from "../errors.ts";
import { nativeVersion } from "./native.ts";
import { compileCore, CORE_VERSION } from "./wasm.ts";

/** Which ffmpeg works: `auto` takes the native one where it is on the PATH. */
export type DecoderName = "auto" | "native" | "wasm";

/** What a worker works with: ffmpeg.wasm's module, or the native ffmpeg and a scratch folder. */
export type Engine = WebAssembly.Module | { readonly scratch: string };

/** The name of an engine. */
export function engineName(engine: Engine): "native" | "wasm" {
  return "scratch" in engine ? "native" : "wasm";
}

/**
 * Finds an ffmpeg.
 *
 * @throws PlaceError where the preferred one, or any, cannot be had, or there is no place for scratch.
 */
export async function chooseEngine(prefer: DecoderName): Promise<Engine> {
  if (prefer !== "wasm" && await nativeVersion() !== undefined) {
    return { scratch: await makeScratch() };
  }
  if (prefer === "native") {
    throw new PlaceError(
      "ffmpeg and ffprobe are not on the PATH; install ffmpeg, or choose the wasm decoder",
    );
  }
  return await compileCore();
}

async function makeScratch(): Promise<string> {
  try {
    return await Deno.makeTempDir({ prefix: "videos-" });
  } catch (error) {
    const place = Deno.env.get("TMPDIR") ?? "/tmp";
    throw new PlaceError(
      `cannot make a folder in ${place} (${messageOf(error)}); make room there, or point TMPDIR ` +
        "elsewhere",
    );
  }
}

/**
 * The engine that {@link chooseEngine} would give, with its version: the same one gives the same pixels.
 *
 * @param prefer Default `auto`.
 */
export async function engineIdentity(prefer: DecoderName = "auto"): Promise<string> {
  const native = prefer === "wasm" ? undefined : await nativeVersion();
  return native === undefined ? `wasm ${CORE_VERSION}` : `native ${native}`;
}
