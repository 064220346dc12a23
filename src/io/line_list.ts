/**
 * Lists that runs leave of what went wrong, one line each.
 *
 * @module
 */

import { writeAtomic } from "./atomic.ts";
import { readText } from "./text_file.ts";

/**
 * Leaves the list of a run, sorted, in place of the one of an earlier run; no file where it is empty. A run
 * that did not get to its end knows less than an earlier one may have known: it adds to that one's list.
 *
 * @throws {UserError} where the file system refuses, or the earlier list is no text.
 *
 * @example
 * ```ts
 * import { leaveList } from "./line_list.ts";
 * import { equal } from "node:assert/strict";
 *
 * const folder = await Deno.makeTempDir(), path = `${folder}/failed.txt`;
 * await leaveList(path, ["b", "c"], { finished: true });
 * await leaveList(path, ["a", "b"], { finished: false });
 * equal(await Deno.readTextFile(path), "a\nb\nc\n");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function leaveList(
  path: string,
  lines: readonly string[],
  { finished }: { readonly finished: boolean },
): Promise<void> {
  const earlier = finished ? "" : await readText(path) ?? "";
  const all = new Set([...lines, ...earlier.split("\n")]);
  all.delete("");
  if (all.size > 0) await writeAtomic(path, [...all].sort().join("\n") + "\n");
  else await Deno.remove(path).catch(() => {});
}
