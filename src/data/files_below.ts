/**
 * The one walk through a folder of videos.
 *
 * @module
 */

import { UserError } from "../errors.ts";

/** What lies below a folder, as paths below it. */
export interface FilesBelow {
  readonly files: readonly string[];
  /** Links that lead to nothing. */
  readonly broken: readonly string[];
}

/** What {@link filesBelow} takes besides the folder. */
export interface WalkOptions {
  /** Enter a folder again by each link to it, but for links to a folder that they lie in. */
  readonly everyWay?: boolean;
}

/**
 * Collects the files below a folder but for hidden ones and those in hidden folders. Links are followed, and
 * each folder is entered once: of several ways there, one without links if there is one, else the first by
 * name. Only links are asked what they are, for folders can be far.
 *
 * @throws {UserError} where there is no folder, or one cannot be read.
 */
export async function filesBelow(
  root: string,
  { everyWay = false }: WalkOptions = {},
): Promise<FilesBelow> {
  const there = await Deno.stat(root).catch(() => undefined);
  if (!there?.isDirectory) throw new UserError(`${root} is no folder; give the videos' folder`);
  const files: string[] = [], broken: string[] = [], links: string[] = [];
  const seen = new Set<string>();
  const walk = async (below: string) => {
    const folder = `${root}/${below}`;
    try {
      const real = await Deno.realPath(folder);
      if (everyWay ? await leadsBack(root, below, real) : seen.has(real)) return;
      seen.add(real);
      const entries = await Array.fromAsync(Deno.readDir(folder));
      for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
        if (entry.name.startsWith(".")) continue;
        const path = below + entry.name;
        if (entry.isSymlink) links.push(path);
        else if (entry.isDirectory) await walk(`${path}/`);
        else if (entry.isFile) files.push(path);
      }
    } catch (error) {
      if (error instanceof UserError) throw error;
      const reason = (error as Error).message;
      throw new UserError(`cannot read ${folder} (${reason}); check the path and its permissions`);
    }
  };
  await walk("");
  for (const link of links) { // and those that come to it meanwhile
    const stat = await Deno.stat(`${root}/${link}`).catch(() => undefined);
    if (stat?.isDirectory) await walk(`${link}/`);
    else if (stat?.isFile) files.push(link);
    else if (stat === undefined) broken.push(link);
  }
  return { files, broken };
}

/** Whether the folder `below`, which is really `real`, is one of those on the way to it. */
async function leadsBack(root: string, below: string, real: string): Promise<boolean> {
  const parts = below.split("/").slice(0, -1);
  for (let length = 0; length < parts.length; length++) {
    const above = [root, ...parts.slice(0, length)].join("/");
    if (await Deno.realPath(above) === real) return true;
  }
  return false;
}
