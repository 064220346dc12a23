/**
 * Folders that appear whole or not at all, as long as the machine itself does not fail.
 *
 * @module
 */

import { messageOf, UserError } from "../errors.ts";
import { temporaryBeside } from "./atomic.ts";

/**
 * Makes a folder of files. They are written to a temporary folder beside it, which takes its name at the
 * end; a folder of that name may be there only if it is empty. A kill leaves no half of it, but for the
 * temporary one, which `removeLeftovers` clears. Nothing is synced, since a folder may have hundreds of
 * small files and the disk takes its time for each: after a power cut some of them may lack bytes.
 *
 * @param files Paths below the folder, and contents.
 * @throws {UserError} where the file system refuses.
 */
export async function writeFolder(
  path: string,
  files: Iterable<readonly [path: string, content: Uint8Array]>,
): Promise<void> {
  const temporary = temporaryBeside(path), made = new Set<string>();
  try {
    await Deno.mkdir(temporary);
    for (const [name, content] of files) {
      const folder = name.slice(0, Math.max(0, name.lastIndexOf("/")));
      if (!made.has(folder)) await Deno.mkdir(`${temporary}/${folder}`, { recursive: true });
      made.add(folder);
      await Deno.writeFile(`${temporary}/${name}`, content);
    }
    await Deno.rename(temporary, path);
  } catch (cause) {
    await Deno.remove(temporary, { recursive: true }).catch(() => {});
    throw new UserError(
      `cannot make the folder ${path} (${messageOf(cause)}); choose another`,
      { cause },
    );
  }
}
