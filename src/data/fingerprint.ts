/**
 * What tells a video from others, and from itself once it is changed.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { VideoSource } from "../video/decode.ts";

/**
 * Of a file its name in the data set, size and time of change; of a video in a database the SHA-256 of its
 * bytes. Nothing where the file is not there.
 *
 * @param file The video's name in the data set, so that a folder may be moved.
 */
export async function fingerprint(file: string, source: VideoSource): Promise<string | undefined> {
  if ("bytes" in source) {
    return createHash("sha256").update(source.bytes).digest("hex");
  }
  const stat = await Deno.stat(source.path).catch(() => undefined);
  return stat && JSON.stringify([file, stat.size, stat.mtime?.getTime()]);
}
