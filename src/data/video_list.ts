/**
 * Which videos a place holds, found without opening one of them.
 *
 * @module
 */
import { normalize } from "node:path/posix";
import { filesBelow } from "./files_below.ts";
import { baseName, trimmed } from "./paths.ts";
import { VideoStore } from "./store.ts";
import type { VideoPlace } from "./video_source.ts";

/** The videos of a place. */
export class VideoList {
  readonly #files: ReadonlySet<string>;

  /**
   * @param place The folder or LMDB, for messages.
   * @param files Paths below the folder, or an LMDB's keys.
   * @param flat Whether videos are known by their names alone, as in an LMDB.
   */
  constructor(readonly place: string, files: Iterable<string>, private readonly flat = false) {
    this.#files = new Set(files);
  }

  /** Whether there is a video under the path that a data set gives it. */
  has(file: string): boolean {
    return this.#files.has(this.flat ? baseName(file) : normalize(file));
  }

  /** The files' paths in the order of their names; of two with the same name the first path first. */
  get files(): string[] {
    const order = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;
    return [...this.#files].sort((a, b) => order(baseName(a), baseName(b)) || order(a, b));
  }
}

/**
 * Lists the videos of a place: the files below the folder, by every way that {@link filesBelow} finds,
 * since a data set may name any of them; or every key of the LMDB.
 *
 * @throws UserError where the place does not exist or cannot be read.
 */
export async function listVideos(place: VideoPlace): Promise<VideoList> {
  if ("lmdb" in place) {
    await using store = await VideoStore.open(place.lmdb);
    return new VideoList(place.lmdb, [...store.names()], true);
  }
  const folder = trimmed(place.folder);
  return new VideoList(folder, (await filesBelow(folder, { everyWay: true })).files);
}
