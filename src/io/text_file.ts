/**
 * Text files that may be there or not.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import { RangedFile } from "./ranged_file.ts";

/** The largest file that is taken for text. */
const MOST_BYTES = 2 ** 28;

/**
 * Reads a file of UTF-8; undefined where there is none.
 *
 * @throws {UserError} if it cannot be read, is too large for a text, or is not UTF-8.
 *
 * @example
 * ```ts
 * import { readText } from "./text_file.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(await readText("no/such/file"), undefined);
 * ```
 */
export async function readText(path: string): Promise<string | undefined> {
  if (!await exists(path)) return undefined;
  using file = await RangedFile.open(path);
  if (file.size > MOST_BYTES) {
    throw new UserError(`${path} has ${file.size} bytes, too many for a text; check the path`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.read(0, file.size));
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${path} is not a text in UTF-8; write or fetch it again`, { cause });
  }
}

/**
 * Reads and parses a file of JSON.
 *
 * @throws {UserError} as {@link readText}, and if it is missing or not JSON.
 */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  if (text === undefined) throw new UserError(`${path} is missing; check the path`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${path} is not JSON; fetch it again`, { cause });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return false;
    }
    return true; // opening it tells what is wrong
  }
}
