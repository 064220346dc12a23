/**
 * A folder of videos into one LMDB file. The file is built beside its destination and takes its name
 * when it is whole; a run that was ended goes on where it stopped.
 *
 * @module
 */

import { messageOf, UserError } from "../errors.ts";
import { checkEntry, type LmdbFormat } from "./lmdb/database.ts";
import { baseName } from "./paths.ts";
import { videosBelow } from "./prepare/video_folder.ts";
import { openForWriting } from "./store.ts";

/** Bytes that go to the database at once. */
const BATCH_BYTES = 1 << 26;

/** What {@link packVideos} takes besides its paths. */
export interface PackOptions {
  /** LMDB's data format, by default 2; 1 is what Python's lmdb and the original read. */
  readonly format?: LmdbFormat;
  /** Told at the start, and after each video. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops after the video in progress; what is packed is kept for the next run. */
  readonly signal?: AbortSignal;
}

/** What {@link packVideos} did. */
export interface PackSummary {
  /** Videos in the database by now, and their bytes. */
  readonly videos: number;
  readonly bytes: number;
  /** Videos that an earlier run had packed. */
  readonly resumed: number;
  /** Files that are no videos, by their names. */
  readonly ignored: number;
  /** False where `signal` stopped it: then there is no file `output` yet. */
  readonly finished: boolean;
}

/**
 * Packs the videos below `folder` into the LMDB file `output`; each is found under its file name. A
 * video that an earlier, unfinished run has packed is taken for the same where its size is.
 *
 * @throws UserError where the folder holds no video or two of one name, where `output` exists, and where
 *   a file cannot be read or written.
 */
export async function packVideos(
  folder: string,
  output: string,
  { format = 2, onProgress, signal }: PackOptions = {},
): Promise<PackSummary> {
  if (await exists(output)) {
    throw new UserError(`${output} exists; remove it, or choose another name`);
  }
  const { paths, ignored } = await videosByName(folder);
  const partial = `${output}.partial`;
  let bytes = 0, resumed = 0, done = 0;
  {
    await using database = await openForWriting(partial, format);
    const batch = new Map<string, Uint8Array<ArrayBuffer> | undefined>();
    let batchBytes = 0;
    onProgress?.(0, paths.size);
    for (const name of database.names()) if (!paths.has(name)) batch.set(name, undefined);
    for (const [name, path] of paths) {
      if (signal?.aborted) break;
      const { size } = await attempt("read", path, () => Deno.stat(path));
      checkEntry(format, name, size, path);
      if (database.lengthOf(name) === size) {
        resumed++;
      } else {
        batch.set(name, await attempt("read", path, () => Deno.readFile(path)));
        batchBytes += size;
      }
      if (batchBytes >= BATCH_BYTES) {
        await database.write(batch);
        batch.clear();
        batchBytes = 0;
      }
      bytes += size;
      done++;
      onProgress?.(done, paths.size);
    }
    await database.write(batch);
  }
  const finished = done === paths.size;
  if (finished) {
    await attempt("write", output, () => Deno.rename(partial, output));
    await Deno.remove(`${partial}-lock`).catch(() => {});
  }
  return { videos: done, bytes, resumed, ignored, finished };
}

/** The paths of the videos below a folder by their names. */
async function videosByName(
  input: string,
): Promise<{ paths: Map<string, string>; ignored: number }> {
  const { folder, videos, ignored } = await videosBelow(input), paths = new Map<string, string>();
  for (const video of videos) {
    const name = baseName(video), path = `${folder}/${video}`, other = paths.get(name);
    if (other !== undefined) {
      throw new UserError(`${other} and ${path} have one name, their key; rename one of them`);
    }
    paths.set(name, path);
  }
  return { paths, ignored };
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** Runs one file operation and turns its refusal into a line for the user. */
async function attempt<T>(
  verb: "read" | "write",
  path: string,
  operation: () => Promise<T>,
): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    const reason = messageOf(error);
    throw new UserError(`cannot ${verb} ${path} (${reason}); check the path and its permissions`);
  }
}
