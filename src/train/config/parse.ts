/**
 * From the words of a command line to the values of a flag table.
 *
 * The words are cut by `node:util`'s `parseArgs`: it is part of Deno and Node, keeps the order of what
 * it saw (lists of several words need that), and leaves every verdict to the table.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { closest } from "npm:fastest-levenshtein@1.0.16";
import { UsageError } from "../../errors.ts";
import { type Flag, type FlagTable, readFlag, takes, type Values } from "./flag.ts";

/** What a command line says. */
export interface CommandLine<T extends FlagTable> {
  /** The flags that were given, and only those. */
  readonly given: Partial<Values<T>>;
  /** Words that belong to no flag. */
  readonly operands: readonly string[];
  /** `--help` or `-h` is among the words. */
  readonly help: boolean;
}

/**
 * Reads the words of a command line by a table of flags.
 *
 * Names are taken with underscores or dashes, values after a blank or `=`. A list takes the words that
 * follow it, up to the next flag, or one word with commas. A flag that is given twice has its last value.
 *
 * @param operands most words without a flag
 * @throws {UsageError} for an unknown flag (with its nearest neighbour), a missing or unfit value, and a
 * word too many.
 *
 * @example
 * ```ts
 * import { parseCommandLine } from "./parse.ts";
 *
 * const table = { batch_size: { kind: "int", default: 256, meaning: "pairs" } } as const;
 * parseCommandLine(["--batch-size", "32"], table).given.batch_size; // 32
 * ```
 */
export function parseCommandLine<T extends FlagTable>(
  words: readonly string[],
  table: T,
  operands = 0,
): CommandLine<T> {
  const { tokens } = parseArgs({
    args: [...words],
    options: wordOptions(table),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const texts = new Map<string, string[]>();
  const loose: string[] = [];
  let list: string[] | undefined;
  let help = false;
  for (const token of tokens) {
    if (token.kind === "option-terminator") {
      list = undefined;
    } else if (token.kind === "positional") {
      (list ?? loose).push(token.value);
    } else if (token.name === "help") {
      help = true;
    } else {
      const name = token.name.replaceAll("-", "_");
      const flag = Object.hasOwn(table, name) ? table[name] : unknown(token.rawName, table);
      const text = [textOf(token.rawName, flag, token.value, token.inlineValue)];
      texts.set(name, text);
      list = flag.kind === "ints" ? text : undefined;
    }
  }
  if (loose.length > operands && !help) {
    throw new UsageError(`unexpected argument "${loose[operands]}"; --help shows what is taken`);
  }
  const given = Object.fromEntries(
    [...texts].map(([name, text]) => [name, readFlag(name, table[name], text.join(","))]),
  );
  return { given: given as Partial<Values<T>>, operands: loose, help };
}

function wordOptions(table: FlagTable) {
  const options: Record<string, { type: "string" | "boolean"; short?: string }> = {
    help: { type: "boolean", short: "h" },
  };
  for (const [name, { kind }] of Object.entries(table)) {
    const type = kind === "flag" ? "boolean" : "string";
    options[name] = { type };
    options[name.replaceAll("_", "-")] = { type };
  }
  return options;
}

function textOf(rawName: string, flag: Flag, value?: string, inline?: boolean): string {
  if (flag.kind === "flag") {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
    return "true";
  }
  if (value === undefined || (!inline && value.startsWith("--"))) {
    throw new UsageError(`${rawName} lacks its value; it takes ${takes(flag)}`);
  }
  return value;
}

function unknown(rawName: string, table: FlagTable): never {
  const nearest = closest(rawName.replace(/^-+/, "").replaceAll("-", "_"), Object.keys(table));
  throw new UsageError(
    `unknown flag ${rawName}; did you mean --${nearest}? (--help lists every flag)`,
  );
}
