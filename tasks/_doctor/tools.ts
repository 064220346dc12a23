/**
 * What the machine offers beside its GPU: an ffmpeg and LMDB, each tried and not only looked for.
 *
 * @module
 */
import { openFormat2 } from "../../src/data/lmdb/format2.ts";
import { loadLiblmdb } from "../../src/data/lmdb/liblmdb.ts";
import { messageOf } from "../../src/errors.ts";
import { nativeVersion } from "../../src/video/native.ts";
import { compileCore } from "../../src/video/wasm.ts";

/** A tool: which one serves, or why none does. */
export type Tool = { readonly use: string } | { readonly problem: string };

/** The ffmpeg that decodes videos: the native one, else ffmpeg.wasm, which is fetched where it must. */
export async function findFfmpeg(): Promise<Tool> {
  const version = await nativeVersion();
  if (version !== undefined) return { use: `native ${version}` };
  return await attempt(async () => {
    await compileCore();
    return "wasm (no ffmpeg and ffprobe on the PATH)";
  });
}

/** Writes and reads one value in an LMDB of its own, by the npm package. */
export async function findLmdb(): Promise<Tool> {
  return await attempt(async () => {
    const folder = await Deno.makeTempDir();
    try {
      await using database = await openFormat2(`${folder}/probe.mdb`, { readOnly: false });
      await database.write(new Map([["probe", new Uint8Array([2, 3])]]));
      if (database.get("probe")?.join() !== "2,3") {
        throw new Error("a value did not come back as written");
      }
      return "works";
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** The system's liblmdb, for databases of format 1. */
export async function findLiblmdb(): Promise<Tool> {
  return await attempt(() => Promise.resolve(`liblmdb ${loadLiblmdb().version}`));
}

async function attempt(look: () => Promise<string>): Promise<Tool> {
  try {
    return { use: await look() };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
