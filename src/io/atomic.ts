/**
 * Files that are either the old or the new one, whole, whatever happens meanwhile: the content goes
 * to a temporary file in the same folder, is synced, and takes its name by a rename.
 *
 * @module
 */

import { messageOf, UserError } from "../errors.ts";

/** What a file is made of: text, bytes, or a stream of byte chunks that is never held as a whole. */
export type FileContent =
  | string
  | Uint8Array
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>;

/**
 * Writes `content` to `path` so that a crash or a kill at any moment leaves the old file or the new
 * one. A failure, in the stream of chunks too, leaves the old file and no temporary one; only a killed
 * process leaves a temporary file behind, which {@link removeLeftovers} clears. Writers of one path do
 * not disturb each other: the last to finish wins.
 *
 * @throws {UserError} where the file system refuses (missing folder, no permission, disk full); what
 * the chunk stream throws passes unchanged.
 *
 * @example
 * ```ts
 * import { writeAtomic } from "./atomic.ts";
 * import assert from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir();
 * await writeAtomic(`${folder}/notes.txt`, "whole or not at all");
 * assert.equal(await Deno.readTextFile(`${folder}/notes.txt`), "whole or not at all");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function writeAtomic(path: string, content: FileContent): Promise<void> {
  await writeAtomicBy(path, async (_, file) => {
    for await (const chunk of chunksOf(content)) await attempt(path, () => writeAll(file, chunk));
  });
}

/**
 * Like {@link writeAtomic}, for a file that somebody else fills, another program for one.
 *
 * @param fill Fills the temporary file, which is there and empty, by its path or as it is open.
 * @returns What `fill` gives.
 * @throws {UserError} where the file system refuses; what `fill` throws passes unchanged.
 */
export async function writeAtomicBy<T>(
  path: string,
  fill: (temporary: string, file: Deno.FsFile) => Promise<T>,
): Promise<T> {
  const temporary = temporaryBeside(path);
  // Refused folders surface here, before there is anything to clean up.
  const file = await attempt(path, () => Deno.open(temporary, { write: true, createNew: true }));
  let result: T;
  try {
    try {
      result = await fill(temporary, file);
      await attempt(path, () => file.sync());
    } finally {
      file.close();
    }
    await attempt(path, () => Deno.rename(temporary, path));
  } catch (error) {
    await Deno.remove(temporary).catch(() => {}); // the first error is the one worth telling
    throw error;
  }
  await syncFolder(temporaries(path).folder);
  return result;
}

/**
 * Removes the temporary files that killed writers of `path` left beside it. Call it at the start of a
 * run, when nobody else writes `path`: a writer at work would lose its file.
 *
 * @returns how many were removed; 0 where the folder does not exist.
 * @throws {UserError} where the file system refuses.
 *
 * @example
 * ```ts
 * import { removeLeftovers } from "./atomic.ts";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await removeLeftovers("no/such/folder/ckpt.safetensors"), 0);
 * ```
 */
export async function removeLeftovers(path: string): Promise<number> {
  const { folder, prefix } = temporaries(path);
  return await removeWhere(
    folder,
    (name) => name.startsWith(prefix) && WRITER.exec(name)?.index === prefix.length - 1,
  );
}

/** Like {@link removeLeftovers}, for everything in a folder at once. */
export async function removeAllLeftovers(folder: string): Promise<number> {
  return await removeWhere(folder, (name) => name.startsWith(".") && WRITER.test(name));
}

/** How the name of a temporary file ends: its writer. */
const WRITER = /\.\d+-[0-9a-f]{8}\.tmp$/;

async function removeWhere(folder: string, fits: (name: string) => boolean): Promise<number> {
  let removed = 0;
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (!fits(name)) continue;
      await Deno.remove(`${folder}/${name}`, { recursive: true });
      removed++;
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return removed;
    throw new UserError(`cannot clear ${folder} (${messageOf(error)}); check its permissions`, {
      cause: error,
    });
  }
  return removed;
}

/**
 * Where the temporary files of `path` lie and how their names start: hidden, and in the target's own
 * folder, since a rename is atomic only within one file system. (By hand, because readers that run in
 * a browser reach this file and find no `node:path` there.)
 */
function temporaries(path: string): { folder: string; prefix: string } {
  const windows = Deno.build.os === "windows";
  const slash = Math.max(path.lastIndexOf("/"), windows ? path.lastIndexOf("\\") : -1);
  return {
    folder: slash < 0 ? "." : path.slice(0, slash) || "/",
    prefix: `.${path.slice(slash + 1)}.`,
  };
}

/** A new name for a temporary file of `path`, beside it. */
export function temporaryBeside(path: string): string {
  const { folder, prefix } = temporaries(path);
  return `${folder}/${prefix}${Deno.pid}-${crypto.randomUUID().slice(0, 8)}.tmp`;
}

function chunksOf(content: FileContent): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof content === "string") return [new TextEncoder().encode(content)];
  return content instanceof Uint8Array ? [content] : content;
}

async function writeAll(file: Deno.FsFile, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length;) done += await file.write(chunk.subarray(done));
}

/** Makes the rename itself survive a power cut, on systems that let a folder be synced. */
async function syncFolder(folder: string): Promise<void> {
  try {
    using handle = await Deno.open(folder);
    await handle.sync();
  } catch {
    // Windows and some network file systems refuse; there the rename is durable a little later.
  }
}

/** Runs one file system operation and turns its refusal into a line for the user. */
async function attempt<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${refusal(error, temporaries(path).folder)}`, {
      cause: error,
    });
  }
}

function refusal(error: unknown, folder: string): string {
  if (error instanceof Deno.errors.NotFound) {
    return `the folder ${folder} does not exist; create it or choose another`;
  }
  if (error instanceof Deno.errors.NotADirectory) {
    return `${folder} is not a folder; choose another`;
  }
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return `no permission to write in ${folder}; choose another folder or change its permissions`;
  }
  return `${messageOf(error)}; choose another place or make room there`;
}
