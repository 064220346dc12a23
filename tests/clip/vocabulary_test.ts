import { deepStrictEqual, throws } from "node:assert/strict";
import { Tokenizer } from "../../src/clip/tokenizer.ts";
import { parseTokenizerJson, parseVocabulary, VocabularyError } from "../../src/clip/vocabulary.ts";
import { tinyVocabulary, type TokenizerFile, tokenizerJson } from "./tiny_vocabulary.ts";

const MERGES = [["a", "b"], ["ab", "c</w>"], ["#", "#"]] as const;
const TINY = tinyVocabulary(MERGES);
const TEXT = "abc ab ## é constructor <|endoftext|>";

Deno.test("tokenizer.json is read, with merges as texts and as pairs", () => {
  const expected = new Tokenizer(TINY).encode(TEXT);
  const asPairs = (root: TokenizerFile) => root.model.merges = MERGES;
  const untyped = (root: TokenizerFile) => delete root.model.type;
  // In some files the special tokens stand among the added ones only.
  const apart = (root: TokenizerFile) => {
    for (const { content } of root.added_tokens) delete root.model.vocab[content];
  };
  for (const change of [() => {}, asPairs, untyped, apart]) {
    const vocabulary = parseTokenizerJson(tokenizerJson(TINY, change), "tokenizer.json");
    deepStrictEqual(new Map([...vocabulary.tokens].toSorted(([, a], [, b]) => a - b)), TINY.tokens);
    deepStrictEqual(vocabulary.merges, MERGES);
    deepStrictEqual(new Tokenizer(vocabulary).encode(TEXT), expected);
  }
});

Deno.test("vocab.json and merges.txt are read, with and without a first line of the version", () => {
  const vocab = { text: JSON.stringify(Object.fromEntries(TINY.tokens)), label: "vocab.json" };
  const lines = MERGES.map((pair) => pair.join(" "));
  // A merge of number signs is no comment.
  for (const text of [`#version: 0.2\n${lines.join("\n")}\n`, lines.toReversed().join("\r\n")]) {
    const { tokens, merges } = parseVocabulary(vocab, { text, label: "merges.txt" });
    deepStrictEqual(tokens, TINY.tokens);
    deepStrictEqual(merges, text.startsWith("#v") ? MERGES : MERGES.toReversed());
  }
});

Deno.test("a tokenizer.json of another kind, or damaged, gets one line", () => {
  const cases: [change: (root: TokenizerFile) => void, message: RegExp][] = [
    [(root) => delete root.model, /"model" is not an object/],
    [(root) => root.model.type = "WordPiece", /of type "WordPiece", not byte pairs/],
    [(root) => root.model.end_of_word_suffix = null, /its words end in "null", not in/],
    [(root) => delete root.model.end_of_word_suffix, /its words end in "", not in/],
    [(root) => root.model.vocab = [], /"model.vocab" is not an object/],
    [(root) => root.model.merges = {}, /"model.merges" is not a list/],
    [(root) => root.model.merges[1] = "a b c", /merge 1 is not two tokens: "a b c"/],
    [(root) => root.model.merges[0] = ["a", 3], /merge 0 is not two tokens/],
    [(root) => root.model.merges[2] = " b", /merge 2 is not two tokens/],
    [(root) => root.model.vocab.ab = -1, /token "ab" has no id/],
    [(root) => root.model.vocab.ab = "512", /token "ab" has no id/],
    [(root) => root.model.vocab.ab = 0, /"!" and "ab" share the id 0/],
    [(root) => delete root.model.vocab.ab, /of 516 ids 512 is missing/],
    [(root) => root.added_tokens[0].id = 600, /"<\|startoftext\|>" has the ids 515 and 600/],
    [(root) => root.added_tokens = 1, /"added_tokens" is not a list/],
    [(root) => root.added_tokens = [null], /an added token is not an object/],
  ];
  for (const [change, message] of cases) {
    throws(() => parseTokenizerJson(tokenizerJson(TINY, change), "x.json"), (error: Error) => {
      const line = /^x\.json: [^\n]+; use the tokenizer's files of a CLIP model, unchanged$/;
      return error instanceof VocabularyError && line.test(error.message) &&
        message.test(error.message);
    }, String(message));
  }
  throws(() => parseTokenizerJson("{", "x.json"), /^VocabularyError: x\.json: it is not JSON; /);
  throws(() => parseTokenizerJson("[]", "x.json"), /its content is not an object/);
});

Deno.test("a damaged merges.txt is named, with its line", () => {
  const vocab = { text: JSON.stringify(Object.fromEntries(TINY.tokens)), label: "vocab.json" };
  for (const text of ["a b\n\nb c", "", "<html>"]) {
    throws(
      () => parseVocabulary(vocab, { text, label: "merges.txt" }),
      /^VocabularyError: merges\.txt/,
    );
  }
});
