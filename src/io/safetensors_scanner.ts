/**
 * The JSON of a safetensors header, read token by token. `JSON.parse` would silently drop duplicate
 * keys, round large integers and take `1e3` or `-0` for a size; here each of these is an error.
 *
 * @module
 */

import { quote } from "./safetensors_error.ts";

/** Makes the error that a scanner throws; `tensor` is the header entry being read, if any. */
export type HeaderFailure = (what: string, tensor?: string) => Error;

/**
 * A cursor over header text. Its methods each consume one construct of the fixed header grammar, so
 * hostile nesting has nothing to recurse into.
 *
 * @example
 * ```ts
 * import { HeaderScanner } from "./safetensors_scanner.ts";
 * import assert from "node:assert/strict";
 *
 * const scanner = new HeaderScanner('{"shape": [2, 3]}', (what) => new Error(what));
 * scanner.members((key) => {
 *   assert.equal(key, "shape");
 *   assert.deepEqual(scanner.integers(), [2, 3]);
 * });
 * scanner.end();
 * ```
 */
export class HeaderScanner {
  /** Names the entry being read in what the scanner throws. */
  tensor?: string;
  readonly #text: string;
  readonly #failure: HeaderFailure;
  #at = 0;

  constructor(text: string, failure: HeaderFailure) {
    this.#text = text;
    this.#failure = failure;
  }

  /** Reads an object: calls `member` with each key, once, with the cursor on the key's value. */
  members(member: (key: string) => void): void {
    const seen = new Set<string>();
    this.#list("{", "}", () => {
      const key = this.string();
      if (seen.has(key)) throw this.error(`the key ${quote(key)} stands twice in the header`);
      seen.add(key);
      this.#take(":");
      member(key);
    });
  }

  /** Reads an array of integers from 0 to 2^53 - 1. */
  integers(): number[] {
    const values: number[] = [];
    this.#list("[", "]", () => values.push(this.#integer()));
    return values;
  }

  /** Reads a string. */
  string(): string {
    this.#take('"');
    const start = this.#at - 1;
    for (let code; (code = this.#text.charCodeAt(this.#at)) !== QUOTE; this.#at++) {
      if (code === BACKSLASH) this.#at++;
      if (this.#at >= this.#text.length) throw this.error("a string in the header never ends");
    }
    const literal = this.#text.slice(start, ++this.#at);
    let value;
    try {
      value = JSON.parse(literal) as string;
    } catch {
      throw this.error(`the header holds the malformed string ${quote(literal)}`);
    }
    if (!value.isWellFormed()) {
      throw this.error(`${quote(value)} in the header is not Unicode text`);
    }
    return value;
  }

  /** Requires that nothing but white space is left. */
  end(): void {
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected("the end of the header");
  }

  /** An error about the entry being read. */
  error(what: string): Error {
    return this.#failure(what, this.tensor);
  }

  #list(open: string, close: string, item: () => void): void {
    this.#take(open);
    if (this.#skips(close)) return;
    do item(); while (this.#skips(","));
    this.#take(close);
  }

  #integer(): number {
    this.#skipSpace();
    const start = this.#at;
    while (!DELIMITERS.has(this.#text[this.#at] ?? " ")) this.#at++;
    const literal = this.#text.slice(start, this.#at);
    if (!/^(0|[1-9]\d{0,15})$/.test(literal) || !Number.isSafeInteger(Number(literal))) {
      throw this.error(`${quote(literal)} is not a whole number from 0 to 2^53 - 1`);
    }
    return Number(literal);
  }

  #take(symbol: string): void {
    if (!this.#skips(symbol)) throw this.#unexpected(`'${symbol}'`);
  }

  #skips(symbol: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== symbol) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    while (SPACE.has(this.#text[this.#at])) this.#at++;
  }

  #unexpected(wanted: string): Error {
    const found = this.#at < this.#text.length ? quote(this.#text[this.#at]) : "its end";
    return this.error(`the header has ${found} at character ${this.#at} in place of ${wanted}`);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE: ReadonlySet<string> = new Set(" \t\n\r");
const DELIMITERS: ReadonlySet<string> = new Set([...SPACE, ",", "]", "}", ":"]);
