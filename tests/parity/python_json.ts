/**
 * JSON as Python writes it.
 *
 * @module
 */
import { UserError } from "../../mod.ts";

const NOT_JSON: Readonly<Record<string, number>> = { NaN, Infinity, "-Infinity": -Infinity };
const MARK = "\0";

/** Parses what Python's `json` writes, which is JSON with `NaN`, `Infinity` and `-Infinity`. */
export function parseJson(text: string, path: string): unknown {
  const marked = text.replaceAll(
    /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g,
    (token) => token.startsWith('"') ? token : `"\\u0000${token}"`,
  );
  try {
    return JSON.parse(
      marked,
      (_, value) =>
        typeof value === "string" && value.startsWith(MARK) ? NOT_JSON[value.slice(1)] : value,
    );
  } catch (cause) {
    throw new UserError(`${path} is not JSON: ${(cause as Error).message}`);
  }
}
