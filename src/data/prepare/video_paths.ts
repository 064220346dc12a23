/**
 * `video_path.json`, which says where each video of ActivityNet and LSMDC lies below the video folder.
 *
 * @module
 */

import { UserError } from "../../errors.ts";
import { baseName } from "../paths.ts";
import { videosBelow } from "./video_folder.ts";

/**
 * Maps each video's name, without its last extension, to its path below `folder`, in the order of the
 * names.
 *
 * @param prefix Taken off the names that begin with it: ActivityNet's ids lack the `v_` of its files.
 * @throws UserError where the folder is unfit or two videos have one name.
 */
export async function videoPaths(
  folder: string,
  { prefix = "" }: { prefix?: string } = {},
): Promise<Map<string, string>> {
  const { folder: root, videos } = await videosBelow(folder);
  const paths = new Map<string, string>();
  for (const path of videos) {
    const name = baseName(path).replace(/\.[^.]*$/, "");
    const id = name.startsWith(prefix) ? name.slice(prefix.length) : name, other = paths.get(id);
    if (other !== undefined) {
      throw new UserError(
        `${root}/${other} and ${root}/${path} have one name, "${id}"; rename or remove one`,
      );
    }
    paths.set(id, path);
  }
  return new Map([...paths].sort(([a], [b]) => a < b ? -1 : 1));
}

/**
 * A map of texts as JSON with an indent of 4, in its own order. (An object would put names such as "7"
 * first.)
 *
 * @example
 * ```ts
 * import { textMapJson } from "./video_paths.ts";
 * import { equal } from "node:assert/strict";
 *
 * const paths = new Map([["1_a", "x/1_a.avi"], ["7", "7.avi"]]);
 * equal(textMapJson(paths), '{\n    "1_a": "x/1_a.avi",\n    "7": "7.avi"\n}\n');
 * ```
 */
export function textMapJson(map: ReadonlyMap<string, string>): string {
  const lines = [...map].map(([key, text]) =>
    `    ${JSON.stringify(key)}: ${JSON.stringify(text)}`
  );
  return lines.length === 0 ? "{}\n" : `{\n${lines.join(",\n")}\n}\n`;
}
