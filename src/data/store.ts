/**
 * Videos in one LMDB file: the key is a video's file name, the value its bytes. LMDB comes as a native
 * package, which is loaded when a store is opened.
 *
 * @module
 */

import type { RootDatabase } from "npm:lmdb@3.5.6";
import { UserError } from "../errors.ts";

type Database = RootDatabase<Uint8Array, Uint8Array>;

const MAGIC = 0xbeefc0de;
/** Where the first page's meta data starts, in the two formats of LMDB. */
const META_AT_FORMAT_1 = 16, META_AT_FORMAT_2 = 24;
/** Pages at the end of a sound file that LMDB may have reserved and never written. */
const UNWRITTEN_PAGES = 64;

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** Videos by name. */
export class VideoStore implements AsyncDisposable {
  readonly #database: Database;

  private constructor(readonly path: string, database: Database) {
    this.#database = database;
  }

  /**
   * Opens a store for reading. A folder is taken for one that holds `data.mdb`.
   *
   * @throws UserError where the path is missing, no LMDB, of LMDB's format 1 (as Python writes it) or
   *   truncated. Such files must not reach the native library, which ends the process on them.
   */
  static async open(path: string): Promise<VideoStore> {
    const stat = await Deno.stat(path).catch(() => undefined);
    const file = stat?.isDirectory ? `${path}/data.mdb` : path;
    const problem = await databaseProblem(file);
    if (problem !== undefined) throw new UserError(problem);
    return new VideoStore(path, await openDatabase(file, { readOnly: true }));
  }

  /** The number of videos. */
  get size(): number {
    return (this.#database.getStats() as { entryCount: number }).entryCount;
  }

  /** The bytes of a video, a copy; nothing where there is none of that name. */
  get(name: string): Uint8Array<ArrayBuffer> | undefined {
    const value = this.#database.getBinary(encoder.encode(name));
    return value && new Uint8Array(value);
  }

  /** The names of all videos, in the order of their UTF-8 bytes. */
  *names(): Generator<string> {
    for (const key of this.#database.getKeys()) yield decoder.decode(key);
  }

  /** Closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database.close();
  }
}

/**
 * Opens an LMDB file with bytes for keys and values. The caller sees to it that it is sound.
 *
 * @throws UserError where the native package cannot be loaded or refuses the file.
 */
export async function openDatabase(
  path: string,
  { readOnly }: { readOnly: boolean },
): Promise<Database> {
  let lmdb;
  try {
    lmdb = await import("npm:lmdb@3.5.6");
  } catch (error) {
    throw new UserError(
      `npm:lmdb cannot be loaded (${text(error)}); keep the videos in a folder, or run once with ` +
        "access to the npm registry",
    );
  }
  try {
    return lmdb.open<Uint8Array, Uint8Array>({
      ...{ path, readOnly, noSubdir: true, encoding: "binary", keyEncoding: "binary" },
      // Videos are read in random order, and more of them than fit into memory.
      ...{ noReadAhead: true, noMemInit: true },
    });
  } catch (error) {
    throw new UserError(`cannot open ${path} (${text(error)}); check its permissions`);
  }
}

/** What keeps a file from being opened as a database, as a line for the user; nothing where it is sound. */
export async function databaseProblem(path: string): Promise<string | undefined> {
  const pack = `pack the videos with: deno task pack FOLDER ${path}`;
  let head: DataView, size: number;
  try {
    using file = await Deno.open(path);
    ({ size } = await file.stat());
    const bytes = new Uint8Array(Math.min(size, 1 << 17));
    for (let at = 0; at < bytes.length;) at += await file.read(bytes.subarray(at)) ?? bytes.length;
    head = new DataView(bytes.buffer);
  } catch (error) {
    return error instanceof Deno.errors.NotFound
      ? `${path} does not exist; ${pack}`
      : `cannot read ${path} (${text(error)}); check the path and its permissions`;
  }
  const magicAt = (at: number) => size >= at + 4 && head.getUint32(at, true) === MAGIC;
  if (magicAt(META_AT_FORMAT_1)) {
    return `${path} is an LMDB of format 1, as Python's lmdb writes it, which cannot be read here; ` +
      `remove it and ${pack}`;
  }
  if (!magicAt(META_AT_FORMAT_2)) return `${path} is not an LMDB; ${pack}`;

  // Two meta pages take turns; the one with the higher transaction number holds.
  const pageSize = size < 512 ? 0 : head.getUint32(META_AT_FORMAT_2 + 24, true);
  const metas = [META_AT_FORMAT_2, META_AT_FORMAT_2 + pageSize]
    .filter((at) => pageSize > 0 && at + 136 <= head.byteLength)
    .map((at) => ({
      pages: Number(head.getBigUint64(at + 120, true)) + 1,
      transaction: head.getBigUint64(at + 128, true),
    }));
  const latest = metas.reduce((a, b) => b.transaction > a.transaction ? b : a, metas[0]);
  if (metas.length < 2 || size < (latest.pages - UNWRITTEN_PAGES) * pageSize) {
    const expected = latest === undefined ? "" : ` of ${latest.pages * pageSize}`;
    return `${path} is truncated (${size}${expected} bytes are there); copy it again, or remove it ` +
      `and ${pack}`;
  }
  return undefined;
}

/** An error's message. */
function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
