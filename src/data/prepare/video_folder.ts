/**
 * Folders of videos, as the tasks that prepare videos take and make them.
 *
 * @module
 */

import { messageOf, UserError } from "../../errors.ts";
import { isVideo } from "../../video/container.ts";
import { filesBelow } from "../files_below.ts";
import { baseName, parentFolder, trimmed } from "../paths.ts";
import { VideoList } from "../video_list.ts";

/** What lies below a folder. */
export interface VideoFolder {
  /** The folder, without a slash at its end. */
  readonly folder: string;
  /** The videos' paths below it, in the order of their names. */
  readonly videos: readonly string[];
  /** Files that are no videos, by their names. */
  readonly ignored: number;
}

/**
 * The videos below a folder, as {@link filesBelow} finds them. One that a broken link stands for is among
 * them: whoever reads it says what is wrong.
 *
 * @throws UserError where the folder cannot be read or holds no video.
 */
export async function videosBelow(path: string): Promise<VideoFolder> {
  const folder = trimmed(path), { files: whole, broken } = await filesBelow(folder);
  const { files } = new VideoList(folder, [...whole, ...broken]);
  const videos = files.filter(isVideo), ignored = files.length - videos.length;
  if (videos.length === 0) {
    throw new UserError(`${folder} holds no video (${ignored} other files); give their folder`);
  }
  return { folder, videos, ignored };
}

/** @throws UserError where one of the folders is the other or lies in it. */
export async function keepApart(input: string, output: string): Promise<void> {
  const places = [await realPlace(input), await realPlace(output)].map((path) => `${path}/`);
  if (places[0] === places[1]) {
    throw new UserError(`${input} and ${output} are one folder; choose another output`);
  }
  if (places[0].startsWith(places[1]) || places[1].startsWith(places[0])) {
    throw new UserError(`of ${input} and ${output} one lies in the other; choose another output`);
  }
}

/** The real path of a place that need not exist yet, without a slash at its end. */
async function realPlace(path: string): Promise<string> {
  try {
    return trimmed(await Deno.realPath(path)).replace(/^\/$/, "");
  } catch {
    const place = trimmed(path);
    return `${await realPlace(parentFolder(place))}/${baseName(place)}`;
  }
}

/** @throws UserError where the folder cannot be made. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    throw new UserError(
      `cannot make the folder ${path} (${messageOf(error)}); choose another output`,
    );
  }
}
