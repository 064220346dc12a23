/**
 * A folder of videos into one LMDB file. The file is built beside its destination and takes its name
 * when it is whole; a run that was ended goes on where it stopped.
 *
 * @module
 */

import { messageOf, UserError } from "../errors.ts";
import { checkEntry, type LmdbFormat } from "./lmdb/database.ts";
import { openForWriting } from "./store.ts";

/** File name extensions that are taken for videos. */
const VIDEO = /\.(3gp|avi|flv|gif|m4v|mkv|mov|mp4|mpe?g|ogv|ts|webm|wmv)$/i;
/** Bytes that go to the database at once. */
const BATCH_BYTES = 1 << 26;

/** What {@link packVideos} takes besides its paths. */
export interface PackOptions {
  /** LMDB's data format, by default 2; 1 is what Python's lmdb and the original read. */
  readonly format?: LmdbFormat;
  /** Called after every video. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops after the video in progress; what is packed is kept for the next run. */
  readonly signal?: AbortSignal;
}

/** What {@link packVideos} did. */
export interface PackSummary {
  /** Videos in the database, and their bytes. */
  readonly videos: number;
  readonly bytes: number;
  /** Videos that an earlier run had packed. */
  readonly resumed: number;
  /** Files that are not videos by their names. */
  readonly ignored: number;
}

/**
 * Packs the videos below `folder` into the LMDB file `output`; each is found under its file name. A
 * video that an earlier, unfinished run has packed is taken for the same where its size is.
 *
 * @returns Nothing where `signal` stopped it.
 * @throws UserError where the folder holds no video or two of one name, where `output` exists, and where
 *   a file cannot be read or written.
 */
export async function packVideos(
  folder: string,
  output: string,
  { format = 2, onProgress, signal }: PackOptions = {},
): Promise<PackSummary | undefined> {
  if (await exists(output)) {
    throw new UserError(`${output} exists; remove it, or choose another name`);
  }
  const { paths, ignored } = await listVideos(folder);
  const partial = `${output}.partial`;
  let bytes = 0, resumed = 0, done = 0;
  {
    await using database = await openForWriting(partial, format);
    const batch = new Map<string, Uint8Array<ArrayBuffer> | undefined>();
    let batchBytes = 0;
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
  if (done < paths.size) return undefined;
  await attempt("write", output, () => Deno.rename(partial, output));
  await Deno.remove(`${partial}-lock`).catch(() => {});
  return { videos: paths.size, bytes, resumed, ignored };
}

/** The videos below a folder by file name, in the order of their paths. */
async function listVideos(
  folder: string,
): Promise<{ paths: Map<string, string>; ignored: number }> {
  const found: string[] = [], paths = new Map<string, string>();
  await walk(folder, found, new Set());
  const videos = found.filter((path) => VIDEO.test(path)).sort();
  for (const path of videos) {
    const name = path.slice(path.lastIndexOf("/") + 1), other = paths.get(name);
    if (other !== undefined) {
      throw new UserError(`${other} and ${path} have one name, their key; rename one of them`);
    }
    paths.set(name, path);
  }
  if (paths.size === 0) {
    throw new UserError(
      `${folder} holds no video (${found.length} other files); give their folder`,
    );
  }
  return { paths, ignored: found.length - videos.length };
}

/** Collects the files below a folder, hidden ones aside. Links are followed, each folder once. */
async function walk(folder: string, found: string[], seen: Set<string>): Promise<void> {
  const real = await attempt("read", folder, () => Deno.realPath(folder));
  if (seen.has(real)) return;
  seen.add(real);
  const entries = await attempt("read", folder, () => Array.fromAsync(Deno.readDir(folder)));
  for (const { name } of entries) {
    if (name.startsWith(".")) continue;
    const path = `${folder.replace(/\/+$/, "")}/${name}`;
    const stat = await attempt("read", path, () => Deno.stat(path));
    if (stat.isDirectory) await walk(path, found, seen);
    else if (stat.isFile) found.push(path);
  }
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
