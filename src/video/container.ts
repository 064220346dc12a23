/**
 * Which files are videos, by their names, and which containers can hold H.264.
 *
 * @module
 */

/** ffmpeg's writer for each file name extension; none for a container that cannot hold H.264. */
const WRITERS: Readonly<Record<string, string | undefined>> = {
  ...{ "3gp": "3gp", avi: "avi", f4v: "f4v", flv: "flv", m4v: "mp4", mkv: "matroska" },
  ...{ mov: "mov", mp4: "mp4", asf: "asf", wmv: "asf", mpe: "mpeg", mpg: "mpeg", mpeg: "mpeg" },
  ...{ vob: "vob", m2ts: "mpegts", mts: "mpegts", ts: "mpegts" },
  ...{ gif: undefined, ogv: undefined, webm: undefined },
};

/** A file name's extension in lower case, without its dot. */
function extension(name: string): string {
  return /\.([^./\\]*)$/.exec(name)?.[1].toLowerCase() ?? "";
}

/**
 * Whether a path names a video: by its extension, hidden files and those in hidden folders aside.
 *
 * @example
 * ```ts
 * import { isVideo } from "./container.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const paths = ["a.MP4", "clips/b.avi", "clips/list.txt", "clips/._b.avi", ".trash/c.mp4"];
 * deepStrictEqual(paths.filter(isVideo), ["a.MP4", "clips/b.avi"]);
 * ```
 */
export function isVideo(path: string): boolean {
  return Object.hasOwn(WRITERS, extension(path)) &&
    !path.split("/").some((part) => /^\.[^./]/.test(part));
}

/** The name that a video has as H.264: its own, or with `.mp4` for an extension that cannot hold it. */
export function h264Name(name: string): string {
  return WRITERS[extension(name)] ? name : name.replace(/\.[^./\\]*$/, ".mp4");
}

/** The name of ffmpeg's writer for a file of H.264. */
export function h264Writer(name: string): string {
  return WRITERS[extension(name)] ?? "mp4";
}
