/**
 * What the reference's data set classes hold beyond their samples.
 *
 * @module
 */

/**
 * The YouTube video that each MSR-VTT clip was cut from, by clip: MSR-VTT's loader reads them off the
 * `videos` of `MSRVTT_data.json` and never uses them.
 *
 * @example
 * ```ts
 * import { msrvttParents } from "./datasets.ts";
 * import { strictEqual } from "node:assert/strict";
 * const videos = [{ video_id: "video0", url: "https://www.youtube.com/watch?v=abc" }];
 * strictEqual(msrvttParents(videos).get("video0"), "abc");
 * ```
 */
export function msrvttParents(
  videos: readonly { readonly video_id: string; readonly url: string }[],
): Map<string, string> {
  return new Map(videos.map(({ video_id, url }) => [video_id, url.split("?v=").at(-1)!]));
}
