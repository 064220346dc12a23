/**
 * Byte-pair encoding of single words over a fixed vocabulary, as CLIP and GPT-2 do it: a word is its
 * UTF-8 bytes, each spelled as one printable character; the last one carries `</w>`; then the merge
 * of lowest rank is applied to all its occurrences, left to right, until none applies
 * (Sennrich, Haddow, Birch: "Neural Machine Translation of Rare Words with Subword Units", ACL 2016).
 *
 * @module
 */
import { UserError } from "../errors.ts";
import { quote } from "../io/safetensors_error.ts";
import { MinHeap } from "./min_heap.ts";
import { type Vocabulary, VocabularyError } from "./vocabulary.ts";

const END_OF_WORD = "</w>";
const NO_MERGE = 0x7fffffff;
/** Marks a token that went into the one on its left. */
const GONE = -1;
/** More than the bytes of any word: a rank and a place make one number, of less than 53 bits. */
const PLACES = 2 ** 30;

/**
 * The character that spells each byte: printable Latin-1 stands for itself, every other byte, in
 * ascending order, for the next character from U+0100 on. So no token contains a blank or a control.
 */
const BYTE_CHARACTERS: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    return String.fromCharCode(printable ? byte : next++);
  });
})();

/** Byte-pair encoder: words to token ids and back. */
export class BytePairEncoder {
  readonly #byteIds: Int32Array;
  readonly #lastByteIds: Int32Array;
  readonly #rankOfPair = new Map<number, number>();
  readonly #merged: Int32Array;
  readonly #tokens = new Map<number, string>();
  readonly #pairBase: number;

  /**
   * @param vocabulary It must hold every byte character with and without `</w>`.
   * @throws {VocabularyError} if it lacks a token that a byte or a merge needs.
   */
  constructor({ label, tokens, merges }: Vocabulary) {
    const idOf = (token: string): number => {
      const id = tokens.get(token);
      if (id === undefined) throw new VocabularyError(label, `it lacks the token ${quote(token)}`);
      return id;
    };
    let largest = 0;
    for (const [token, id] of tokens) {
      this.#tokens.set(id, token);
      largest = Math.max(largest, id);
    }
    this.#pairBase = largest + 1;
    this.#byteIds = Int32Array.from(BYTE_CHARACTERS, idOf);
    this.#lastByteIds = Int32Array.from(BYTE_CHARACTERS, (c) => idOf(c + END_OF_WORD));
    const merged: number[] = [];
    for (const [left, right] of merges) {
      this.#rankOfPair.set(idOf(left) * this.#pairBase + idOf(right), merged.length);
      merged.push(idOf(left + right));
    }
    this.#merged = Int32Array.from(merged);
  }

  /** Token ids of one word, given as its UTF-8 bytes (at least one). */
  encode(bytes: Uint8Array): Int32Array {
    const ids = Int32Array.from(bytes, (byte) => this.#byteIds[byte]);
    ids[ids.length - 1] = this.#lastByteIds[bytes[bytes.length - 1]];
    return this.#mergeAll(ids);
  }

  /** The text that the ids spell, with a blank after each word; bytes that are no UTF-8 become U+FFFD. */
  decode(ids: Iterable<number>): string {
    const bytes: number[] = [];
    for (const id of ids) {
      const token = this.#tokens.get(id);
      if (token === undefined) throw new UserError(`the tokenizer has no token of id ${id}`);
      for (const character of token) {
        const byte = BYTE_OF_CHARACTER.get(character);
        if (byte === undefined) throw new UserError(`token ${id} is no byte-level token: ${token}`);
        bytes.push(byte);
      }
    }
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
    return text.replaceAll(END_OF_WORD, " ");
  }

  #rank(left: number, right: number): number {
    return this.#rankOfPair.get(left * this.#pairBase + right) ?? NO_MERGE;
  }

  /**
   * Merges in place. Tokens are a linked list, and every pair that may merge waits in a heap, by rank and
   * then by place: n log n steps, where looking at the whole word for each merge would take n².
   */
  #mergeAll(ids: Int32Array): Int32Array {
    const end = ids.length, heap = new MinHeap();
    const next = Int32Array.from(ids, (_, i) => i + 1),
      previous = Int32Array.from(ids, (_, i) => i - 1);
    const rankAt = (at: number) =>
      ids[at] === GONE || next[at] === end ? NO_MERGE : this.#rank(ids[at], ids[next[at]]);
    const wait = (at: number) => {
      const rank = at < 0 ? NO_MERGE : rankAt(at);
      if (rank !== NO_MERGE) heap.push(rank * PLACES + at);
    };
    for (let i = 0; i < end; i++) wait(i);
    while (heap.size > 0) {
      // All pairs of one rank merge before any that they give rise to.
      const rank = Math.floor(heap.least / PLACES), merged: number[] = [];
      while (heap.size > 0 && heap.least < (rank + 1) * PLACES) {
        const at = heap.pop() % PLACES;
        if (rankAt(at) !== rank) continue; // a neighbour merged since
        const right = next[at];
        ids[at] = this.#merged[rank];
        ids[right] = GONE;
        next[at] = next[right];
        if (next[at] < end) previous[next[at]] = at;
        merged.push(at);
      }
      for (const at of merged) {
        wait(previous[at]);
        wait(at);
      }
    }
    return ids.filter((id) => id !== GONE);
  }
}

const BYTE_OF_CHARACTER: ReadonlyMap<string, number> = new Map(
  BYTE_CHARACTERS.map((character, byte) => [character, byte]),
);
