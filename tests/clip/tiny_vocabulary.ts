/**
 * A vocabulary small enough to be written down.
 */
import type { Merge, Vocabulary } from "../../src/clip/vocabulary.ts";

/** All byte characters, as they are spelled in CLIP's vocabulary, what a few merges make, and the ends. */
export function tinyVocabulary(merges: readonly Merge[]): Vocabulary {
  const bytes = Array.from({ length: 256 }, (_, id) => byteCharacter(id));
  const tokens = [...bytes, ...bytes.map((c) => c + "</w>"), ...merges.map((m) => m.join(""))];
  tokens.push("<|startoftext|>", "<|endoftext|>");
  return { label: "tiny", tokens: new Map(tokens.map((token, id) => [token, id])), merges };
}

/** CLIP's first 256 ids are the byte characters, in the order of their code points. */
function byteCharacter(id: number): string {
  if (id < 94) return String.fromCharCode(0x21 + id);
  if (id < 106) return String.fromCharCode(0xa1 + id - 94);
  return String.fromCharCode(id < 188 ? 0xae + id - 106 : 0x100 + id - 188);
}

/** The text of a `tokenizer.json`; `change` alters it before. */
export function tokenizerJson(
  { tokens, merges }: Vocabulary,
  change: (root: TokenizerFile) => void = () => {},
): string {
  const root: TokenizerFile = {
    version: "1.0",
    added_tokens: ["<|startoftext|>", "<|endoftext|>"]
      .map((content) => ({ id: tokens.get(content)!, content, special: true })),
    model: {
      type: "BPE",
      end_of_word_suffix: "</w>",
      vocab: Object.fromEntries(tokens),
      merges: merges.map((pair) => pair.join(" ")),
    },
  };
  change(root);
  return JSON.stringify(root);
}

/** What a `tokenizer.json` holds; anything, when a test changed it. */
// deno-lint-ignore no-explicit-any
export type TokenizerFile = any;
