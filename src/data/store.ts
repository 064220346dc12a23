/**
 * Videos in one LMDB file: the key is a video's file name, the value its bytes. The file is looked at
 * first, and the library that speaks its format opens it.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import { type Database, isName, type LmdbFormat, type WritableDatabase } from "./lmdb/database.ts";
import { inspectLmdb } from "./lmdb/file.ts";
import { Format1 } from "./lmdb/format1.ts";
import { loadLiblmdb } from "./lmdb/liblmdb.ts";
import { openFormat2 } from "./lmdb/format2.ts";

/** Videos by name. */
export class VideoStore implements AsyncDisposable {
  private constructor(
    readonly path: string,
    /** LMDB's data format. */
    readonly format: LmdbFormat,
    private readonly database: Database,
  ) {}

  /**
   * Opens a store of either format for reading. A folder is taken for one that holds `data.mdb`.
   *
   * @throws UserError where the path is missing, no LMDB, or truncated, and where the library that reads
   *   its format is missing. A file that is not sound never reaches a native library.
   */
  static async open(path: string): Promise<VideoStore> {
    const stat = await Deno.stat(path).catch(() => undefined);
    const file = stat?.isDirectory ? `${path}/data.mdb` : path;
    const found = await inspectLmdb(file);
    if ("problem" in found) throw new UserError(found.problem);
    const database = await open(file, found.format, { readOnly: true });
    return new VideoStore(path, found.format, database);
  }

  /** The number of videos. */
  get size(): number {
    return this.database.size;
  }

  /** The bytes of a video, a copy; nothing where there is none of that name. */
  get(name: string): Uint8Array<ArrayBuffer> | undefined {
    return isName(this.format, name) ? this.database.get(name) : undefined;
  }

  /** The names of all videos, in the order of their UTF-8 bytes. */
  names(): Iterable<string> {
    return this.database.names();
  }

  /** Closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.database[Symbol.asyncDispose]();
  }
}

/**
 * Opens a database to be written. What an earlier run left at `path` is gone on with where it is sound
 * and of that format, and removed where not: a run that was killed while it made the file leaves nothing
 * that could be gone on with.
 *
 * @throws UserError where the library for that format is missing, or the file cannot be written.
 */
export async function openForWriting(path: string, format: LmdbFormat): Promise<WritableDatabase> {
  if (format === 1) loadLiblmdb(); // without it nothing is removed
  const found = await inspectLmdb(path);
  const goesOn = "format" in found && found.format === format;
  if (!goesOn) await Deno.remove(path).catch(() => {});
  return await open(path, format, { readOnly: false });
}

async function open(
  path: string,
  format: LmdbFormat,
  mode: { readonly readOnly: boolean },
): Promise<WritableDatabase> {
  return format === 1 ? new Format1(path, mode) : await openFormat2(path, mode);
}
