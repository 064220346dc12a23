/**
 * The text that `--help` prints, made from flag tables.
 *
 * @module
 */
import { type Flag, type FlagTable, takes } from "./flag.ts";

/** A task, as its user sees it. */
export interface Usage {
  /** What is typed: `deno task train`. */
  readonly command: string;
  /** One or two sentences. */
  readonly purpose: string;
  /** Names of the words that belong to no flag: `["FOLDER", "LMDB"]`; `"LIST..."` takes several. */
  readonly operands?: readonly string[];
  /** Tables of flags under their headings. */
  readonly groups: { readonly [heading: string]: FlagTable };
}

const WIDTH = 100;
const INDENT = " ".repeat(6);

/** The help text of a task: every flag with what it takes, its default and its meaning. */
export function helpText({ command, purpose, operands = [], groups }: Usage): string {
  const usage = [command, ...operands, "[flags]"].join(" ");
  const sections = Object.entries(groups).map(([heading, table]) =>
    `${heading}\n${Object.entries(table).map(([name, flag]) => entry(name, flag)).join("\n")}`
  );
  const note = "Names are taken with underscores or dashes, values after a blank or =.";
  return [`${usage}\n\n${wrap(purpose, "")}`, ...sections, note].join("\n\n") + "\n";
}

function entry(name: string, flag: Flag): string {
  const form = flag.kind === "flag" ? "" : ` <${takes(flag)}>`;
  const preset = flag.kind === "flag" || flag.default === null
    ? ""
    : ` (default ${show(flag.default)})`;
  return `  --${name}${form}\n${
    wrap(flag.meaning + effect(flag) + missing(flag) + preset, INDENT)
  }`;
}

function missing({ notBuilt }: Flag): string {
  return notBuilt ? `; not built yet: ${notBuilt.map(show).join(", ")}` : "";
}

/** A value as it would be typed. */
export function show(value: Flag["default"]): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (value instanceof Array) return value.join(" ");
  return value === "" ? '""' : String(value);
}

/** What is said of a flag that nothing reads. */
export function effect({ noEffect }: Flag): string {
  if (noEffect === undefined) return "";
  return noEffect === "original"
    ? ": accepted, no effect, as in the original"
    : `: accepted, no effect here: ${noEffect}`;
}

function wrap(text: string, indent: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines[lines.length - 1];
    if (line && indent.length + line.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines.map((line) => indent + line).join("\n");
}
