/**
 * What a command-line flag is: a row of data. The type of its value, its parsing, its help line and its
 * JSON all follow from that row.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";

/** Why a flag is accepted though nothing reads it: `"original"`, or what takes its place here. */
type NoEffect = string;

interface Row<K extends string, V> {
  readonly kind: K;
  /** `null`: the flag has no value unless one is given. */
  readonly default: V | null;
  /** One line for `--help`. */
  readonly meaning: string;
  readonly noEffect?: NoEffect;
  /** Values of the original that are not built yet. */
  readonly notBuilt?: readonly V[];
  /** The flag belongs to one call: a checkpoint does not hand it on to the run that continues it. */
  readonly once?: true;
}

/** Bounds of a number: `min` and `max` belong to the range, `above` and `below` do not. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
}

/**
 * A flag. The kinds:
 *
 * | kind | on the command line | value |
 * |---|---|---|
 * | `int`, `float` | `--lr 1e-4` | number in a range |
 * | `ints` | `--cluster_num_blocks 49 49`, also `49,49` | list of whole numbers in a range |
 * | `switch` | `--cluster_inter 1` | boolean, written 0 or 1 |
 * | `flag` | `--debug` | boolean, true where present |
 * | `choice` | `--precision amp` | one of `choices` |
 * | `text` | `--output_dir runs/a` | string |
 */
export type Flag =
  | Row<"int" | "float", number> & Range
  | Row<"ints", readonly number[]> & Range
  | Row<"switch" | "flag", boolean>
  | Row<"choice", string> & { readonly choices: readonly string[] }
  | Row<"text", string>;

/** Flags by name, in the original's spelling with underscores. */
export type FlagTable = { readonly [name: string]: Flag };

type Given<F extends Flag> = F extends { kind: "int" | "float" } ? number
  : F extends { kind: "ints" } ? readonly number[]
  : F extends { kind: "switch" | "flag" } ? boolean
  : F extends { choices: readonly (infer C)[] } ? C
  : string;

/** The values of a table: null only where the default is null. */
export type Values<T extends FlagTable> = {
  readonly [K in keyof T]: null extends T[K]["default"] ? Given<T[K]> | null : Given<T[K]>;
};

/** What a flag's value may be, to follow "takes": "a whole number of at least 1". */
export function takes(flag: Flag): string {
  switch (flag.kind) {
    case "int":
      return `a whole number${bounds(flag)}`;
    case "float":
      return `a number${bounds(flag)}`;
    case "ints":
      return `whole numbers${bounds(flag)}, separated by blanks or commas`;
    case "switch":
      return "0 or 1";
    case "flag":
      return "no value";
    case "choice":
      return flag.choices.join(", ").replace(/, ([^,]*)$/, " or $1");
    case "text":
      return "a value";
  }
}

function bounds({ min, max, above, below }: Range): string {
  const parts = [
    min !== undefined && `of at least ${min}`,
    above !== undefined && `above ${above}`,
    max !== undefined && `at most ${max}`,
    below !== undefined && `below ${below}`,
  ].filter((part) => part !== false);
  return parts.length > 0 ? ` ${parts.join(" and ")}` : "";
}

/** The value that `text` stands for. "None" unsets a flag without a default, as in the original. */
export function readFlag(name: string, flag: Flag, text: string): Flag["default"] {
  if (text === "None" && flag.default === null) return null;
  const value = read(flag, text);
  if (value === undefined) {
    const said = text === "" ? "an empty value" : `"${text}"`;
    throw new UsageError(`--${name}: ${said} will not do; it takes ${takes(flag)}`);
  }
  return value;
}

function read(flag: Flag, text: string): Flag["default"] | undefined {
  switch (flag.kind) {
    case "int":
      return readInt(text, flag);
    case "float":
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)
        ? inRange(Number(text), flag)
        : undefined;
    case "ints": {
      const values = text.split(",").map((item) => readInt(item, flag));
      return values.every((value) => value !== undefined) ? values : undefined;
    }
    case "switch":
      return text === "1" ? true : text === "0" ? false : undefined;
    case "flag":
      return text === "true" ? true : text === "false" ? false : undefined;
    case "choice":
      return flag.choices.includes(text) ? text : undefined;
    case "text":
      // An empty value is mostly a shell variable that was never set.
      return text !== "" || flag.default === "" ? text : undefined;
  }
}

function readInt(text: string, range: Range): number | undefined {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? inRange(value, range) : undefined;
}

function inRange(value: number, range: Range): number | undefined {
  const { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity } = range;
  return value >= min && value <= max && value > above && value < below ? value : undefined;
}
