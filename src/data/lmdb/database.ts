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

/** A database that takes videos. What it took is there for readers, and on disk, after a commit. */
export interface WritableDatabase extends Database {
  /** Takes a video, in place of one with that name. */
  put(name: string, bytes: Uint8Array<ArrayBuffer>): void;
  /** Lets a video go. */
  remove(name: string): void;
  /** Waits until what was put and removed is on disk. It is there whole, or not at all. */
  commit(): Promise<void>;
}

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

/** An error's message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
