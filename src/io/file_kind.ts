/**
 * What a path leads to.
 *
 * @module
 */

/**
 * Whether there is a file or a folder at `path`; undefined where there is nothing that can be seen.
 *
 * @example
 * ```ts
 * import { fileKind } from "./file_kind.ts";
 * import { strictEqual } from "node:assert/strict";
 * strictEqual(await fileKind("no/such/file"), undefined);
 * ```
 */
export async function fileKind(path: string): Promise<"file" | "folder" | undefined> {
  const found = await Deno.stat(path).catch(() => undefined);
  return found && (found.isDirectory ? "folder" : "file");
}
