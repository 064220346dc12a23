/**
 * What a bad safetensors file gets: one line that names the file and, where one is at fault, the
 * tensor.
 *
 * @module
 */

import { UserError } from "../errors.ts";

/**
 * A safetensors file, or the tensors meant for one, breaks the format.
 *
 * @example
 * ```ts
 * import { SafetensorsError } from "./safetensors_error.ts";
 * import assert from "node:assert/strict";
 *
 * const error = new SafetensorsError("a.safetensors", "the dtype is missing", { tensor: "w" });
 * assert.match(error.message, /^a\.safetensors: tensor "w": the dtype is missing; /);
 * ```
 */
export class SafetensorsError extends UserError {
  /** Name of the class, as `String(error)` begins. */
  override name = "SafetensorsError";
  /** The tensor at fault; absent where the file as a whole is. */
  readonly tensor?: string;

  /**
   * Makes the line from its parts.
   *
   * @param what what is wrong, to stand between the place and the remedy
   */
  constructor(
    /** Path, or the label of bytes that came from elsewhere. */
    readonly file: string,
    what: string,
    { tensor, remedy = "the file is damaged, fetch or write it again", cause }: {
      tensor?: string;
      remedy?: string;
      cause?: unknown;
    } = {},
  ) {
    const where = tensor === undefined ? file : `${file}: tensor ${quote(tensor)}`;
    super(`${where}: ${what}; ${remedy}`, { cause });
    this.tensor = tensor;
  }
}

/** Text from a file, made fit for one line of a terminal: escaped and cut to 80 characters. */
export function quote(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 80)}...` : text;
  // JSON leaves DEL, the C1 controls and the Unicode line breaks as they are.
  return JSON.stringify(shown).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
