/**
 * The file of a frame cache: an LMDB of this project's own. What is none, or is damaged, is refused, for
 * nobody's file must be overwritten; a cache is cheap to build anew.
 *
 * @module
 */

import type { RootDatabase } from "npm:lmdb@3.5.6";
import { UserError } from "../errors.ts";
import { inspectLmdb, type LmdbProblem } from "./lmdb/file.ts";

/** Keys and values are bytes. */
export type CacheDatabase = RootDatabase<Uint8Array, Uint8Array>;

const ANOTHER = "give another path for the cache";

/** Milliseconds between looks at a file that seems damaged, and after which no other look is taken. */
const PAUSE = 100, PATIENCE = 30_000;

/** Bytes of a lock file, more than LMDB takes for its usual number of readers, and of the first pages. */
const LOCK_BYTES = 1 << 14, FIRST_BYTES = 1 << 16;

/** The entry by which a cache is known. Its value changes when the same keys come to mean other pixels. */
const MARK = new TextEncoder().encode("frames"), VERSION = "CenterCLIP frames 1";

/** An open cache file. */
export interface CacheFile {
  readonly database: CacheDatabase;
  readonly readOnly: boolean;
}

/**
 * Opens the file, or makes it where there is none; where it may not be written to, for reading alone.
 *
 * @throws UserError where it is not a cache, another version's, or damaged, or cannot be opened.
 * @throws Error where there is no room for a new one.
 */
export async function openCacheFile(path: string): Promise<CacheFile> {
  const problem = await fileProblem(path);
  if (problem) throw new UserError(problem);
  const file = await openFile(path);
  try {
    const found = file.database.getBinary(MARK);
    const { entryCount } = file.database.getStats() as { entryCount: number };
    if (found === undefined && entryCount > 0) {
      throw new UserError(`${path} is an LMDB of something else; ${ANOTHER}`);
    }
    if (found !== undefined && new TextDecoder().decode(found) !== VERSION) {
      throw new UserError(`${path} is a frame cache of another version; remove it`);
    }
    const write = () => file.database.putSync(MARK, new TextEncoder().encode(VERSION));
    if (found === undefined && !file.readOnly) file.database.transactionSync(write);
    return file;
  } catch (error) {
    await file.database.close();
    throw error;
  }
}

/**
 * What keeps a file from being a cache; nothing where it is one or there is none. The native library would
 * end the process on such files. A sound one seems damaged where another process adds to it during the look,
 * which raises the number of its newest transaction: damage is what is there while that number stands still.
 */
async function fileProblem(path: string): Promise<string | undefined> {
  const stat = await Deno.stat(path).catch(() => undefined);
  if (stat?.isDirectory) return `${path} is a folder; give a file for the frame cache`;
  if (stat === undefined || stat.size === 0) return undefined;
  const begin = performance.now();
  let before: LmdbProblem | undefined = undefined;
  for (;;) {
    const found = await inspectLmdb(path);
    const seems = "format" in found ? found.format : found.seems;
    if ("problem" in found && seems === "unreadable") return found.problem;
    if (seems !== 2) return `${path} is not a frame cache; ${ANOTHER}`;
    if ("format" in found) return undefined;
    if (before !== undefined && before.transaction === found.transaction) {
      return `the frame cache ${path} is damaged or truncated; remove it, and it will be built anew`;
    }
    if (performance.now() - begin > PATIENCE) {
      return `the frame cache ${path} cannot be looked at for what others add to it; try again later, or ` +
        "give another path";
    }
    before = found;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

async function openFile(path: string): Promise<CacheFile> {
  const { open } = await import("npm:lmdb@3.5.6").catch((error: Error) => {
    throw new UserError(
      `npm:lmdb cannot be loaded (${error.message}); leave --frame_cache out, or run once with ` +
        "access to the npm registry",
    );
  });
  const attempt = (readOnly: boolean): CacheFile => ({
    database: open<Uint8Array, Uint8Array>({
      ...{ path, readOnly, noSubdir: true, encoding: "binary", keyEncoding: "binary" },
      noMemInit: true,
    }),
    readOnly,
  });
  try {
    await makeLockFile(`${path}-lock`);
    return attempt(false);
  } catch (error) {
    const stat = await Deno.stat(path).catch(() => undefined);
    if (stat?.size) return attempt(true);
    throw error;
  }
}

/**
 * Makes the lock file where there is none, and sees to it that there is room for the first pages of a new
 * cache: the native library writes them to mapped memory, which ends the process where the disk is full.
 */
async function makeLockFile(path: string): Promise<void> {
  const bytes = new Uint8Array(LOCK_BYTES + FIRST_BYTES);
  try {
    await Deno.writeFile(path, bytes, { createNew: true });
    await Deno.truncate(path, LOCK_BYTES);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    const stat = await Deno.stat(path).catch(() => undefined);
    if (stat && stat.size < bytes.length) await Deno.remove(path);
    throw error;
  }
}
