/**
 * Reading annotation files: every failure is one line that names the file and the place in it.
 *
 * @module
 */
import { CsvError, parse } from "npm:csv-parse@7.0.3/sync";
import { UserError } from "../errors.ts";

/** One row of a table with a header. */
export interface Row {
  /** Line of the file on which the row ends, from 1. */
  readonly line: number;
  /** The value in a column that {@link parseTable} was asked for. */
  get(column: string): string;
}

/**
 * The text of an annotation file, without a byte order mark.
 *
 * @param what What the file is, for the message: "MSR-VTT's captions".
 * @throws UserError where the file is missing, is a folder, or cannot be read.
 */
export async function readText(path: string, what: string): Promise<string> {
  // A byte order mark is left out by the decoder.
  return new TextDecoder().decode(await readBytes(path, what));
}

/**
 * The bytes of an annotation file.
 *
 * @throws UserError as {@link readText}.
 */
export async function readBytes(path: string, what: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "no such file"
      : error instanceof Deno.errors.IsADirectory
      ? "it is a folder"
      : (error as Error).message.split("\n")[0];
    throw new UserError(`cannot read ${what} from ${path}: ${reason}`);
  }
}

/**
 * The offset of the first character that keeps a text from being JSON. V8 names it in some messages
 * only, so the shortest beginning that is wrong, not merely unfinished, is searched.
 */
function errorOffset(text: string): number {
  let sound = 0, wrong = text.length + 1;
  while (wrong - sound > 1) {
    const middle = (sound + wrong) >> 1;
    if (isUnfinished(text.slice(0, middle))) sound = middle;
    else wrong = middle;
  }
  return sound;
}

/** Whether more text could make this one JSON, as far as the parser's message tells. */
function isUnfinished(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as SyntaxError;
    const offset = message.match(/at position (\d+)/)?.[1];
    return offset === undefined
      ? message.includes("end of JSON input")
      : Number(offset) >= text.length;
  }
}

/**
 * Parses JSON.
 *
 * @throws UserError with file, line and column where the text is not JSON.
 *
 * @example
 * ```ts
 * import { parseJson } from "./annotations.ts";
 * import { throws } from "node:assert/strict";
 * throws(() => parseJson('{"a": 1,\n "b": }', "data.json"), /^UserError: data\.json:2:7: not JSON/);
 * ```
 */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = (error as SyntaxError).message;
    const before = text.slice(0, errorOffset(text)).split("\n");
    const place = `${path}:${before.length}:${before[before.length - 1].length + 1}`;
    const reason = text.trim() === ""
      ? "the file is empty"
      : message.replace(/( in JSON at|, (\.\.\.)?").*/s, "");
    throw new UserError(`${place}: not JSON: ${reason}`);
  }
}

/**
 * Parses comma-separated values with a header (RFC 4180; a stray quote within a field is kept).
 *
 * @param columns Columns that must be there; others are ignored.
 * @throws UserError with file and line where a column is missing or a row is malformed.
 *
 * @example
 * ```ts
 * import { parseTable } from "./annotations.ts";
 * import { equal } from "node:assert/strict";
 * const [row] = parseTable('id,sentence\n7,"a dog, running"\n', "test.csv", ["sentence"]);
 * equal(row.get("sentence"), "a dog, running");
 * equal(row.line, 2);
 * ```
 */
export function parseTable(text: string, path: string, columns: readonly string[]): Row[] {
  let records: readonly { info: { lines: number }; record: string[] }[];
  try {
    records = parse(text, {
      info: true,
      skip_empty_lines: true,
      relax_quotes: true,
    }) as unknown as typeof records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UserError(`${path}:${error.lines ?? 1}: ${error.message.split("\n")[0]}`);
  }
  const header = records[0]?.record.map((name) => name.trim()) ?? [];
  const missing = columns.filter((column) => !header.includes(column));
  if (missing.length > 0) {
    throw new UserError(
      `${path}:1: no column ${missing.join(", ")}; the header has ${
        header.join(", ") || "nothing"
      }`,
    );
  }
  const position = new Map(header.map((name, index) => [name, index]));
  return records.slice(1).map(({ info, record }) => ({
    line: info.lines,
    get: (column) => record[position.get(column)!],
  }));
}
