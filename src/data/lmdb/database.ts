/**
 * What a database of videos is, whichever library serves it.
 *
 * LMDB has two data formats. Format 1 is LMDB 0.9's: Python's lmdb, the original and Debian's liblmdb0
 * speak it. Format 2 is that of the npm package. Neither side reads the other's files.
 *
 * @module
 */
import { UserError } from "../../errors.ts";

/** A data format of LMDB. */
export type LmdbFormat = 1 | 2;

/** Videos by name, in one file. */
export interface Database extends AsyncDisposable {
  /** The number of videos. */
  readonly size: number;
  /** The bytes of a video, a copy; nothing where there is none of that name. */
  get(name: string): Uint8Array<ArrayBuffer> | undefined;
  /** How many bytes a video has; nothing where there is none of that name. */
  lengthOf(name: string): number | undefined;
  /** The names of all videos, in the order of their UTF-8 bytes. */
  names(): Iterable<string>;
}

/** Videos by name that come into a database; without bytes, that leave it. */
export type Changes = ReadonlyMap<string, Uint8Array<ArrayBuffer> | undefined>;

/** A database that can be changed. */
export interface WritableDatabase extends Database {
  /**
   * Makes changes. When it is done they are on disk; where it fails none of them is.
   *
   * @throws UserError where the file cannot be written.
   */
  write(changes: Changes): Promise<void>;
}

/** What to do where a file cannot be written. A full disk passes in LMDB for an "Input/output error". */
export const CHECK_DISK = "check its permissions and the room on its disk";

/** Most bytes of a name, in UTF-8. */
const LONGEST_NAME = { 1: 511, 2: 1978 } as const;
/** Most bytes of a video: a page has 32 bits for their number. */
const LARGEST_VIDEO = 2 ** 32 - 1;

/** Whether a database can hold a video of that name: libraries refuse even to look for others. */
export function isName(format: LmdbFormat, name: string): boolean {
  return name !== "" && bytesOf(name) <= LONGEST_NAME[format];
}

/**
 * Sees to it that a video can be stored.
 *
 * @param path The video, for the message.
 * @throws UserError where its name or its content is too long.
 */
export function checkEntry(format: LmdbFormat, name: string, bytes: number, path: string): void {
  if (!isName(format, name)) {
    throw new UserError(
      `the name of ${path} has ${
        bytesOf(name)
      } bytes, and an LMDB of format ${format} takes 1 to ` +
        `${LONGEST_NAME[format]}; rename it`,
    );
  }
  if (bytes > LARGEST_VIDEO) {
    throw new UserError(
      `${path} has ${bytes} bytes, and an LMDB takes at most ${LARGEST_VIDEO} (4 GiB) a video; ` +
        "encode it anew, or keep the videos in a folder",
    );
  }
}

function bytesOf(name: string): number {
  return new TextEncoder().encode(name).length;
}
