/**
 * Reads the operands of a pickle.
 *
 * @module
 */
import { ArchiveError } from "./archive_error.ts";

/** A place in a pickle's bytes that moves on as operands are read. */
export class PickleCursor {
  readonly #view: DataView;

  constructor(
    private readonly source: Uint8Array,
    /** Offset of the next byte. */
    public at: number,
    private readonly label: string,
  ) {
    this.#view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  }

  /** @throws {ArchiveError} always: what is wrong with the pickle, and where. */
  fail(what: string): never {
    throw new ArchiveError(this.label, `its pickle is malformed at byte ${this.at}: ${what}`);
  }

  /** The next `count` bytes, not copied. */
  bytes(count: number): Uint8Array {
    if (count > this.source.length - this.at) this.fail("it ends too early");
    this.at += count;
    return this.source.subarray(this.at - count, this.at);
  }

  byte(): number {
    return this.bytes(1)[0];
  }

  /** An unsigned integer of 2 or 4 bytes, little-endian. */
  unsigned(width: 2 | 4): number {
    this.bytes(width);
    return width === 2
      ? this.#view.getUint16(this.at - 2, true)
      : this.#view.getUint32(this.at - 4, true);
  }

  /** A length of 1, 4 or 8 bytes, checked against what is left, and against `most`. */
  length(width: 1 | 4 | 8, most = Infinity): number {
    let length = width === 1 ? this.byte() : this.unsigned(4);
    if (width === 8) length += this.unsigned(4) * 2 ** 32;
    if (length > Math.min(most, this.source.length - this.at)) {
      this.fail(`a length of ${length} is beyond its end, or beyond reason`);
    }
    return length;
  }

  double(): number {
    this.bytes(8);
    return this.#view.getFloat64(this.at - 8, false);
  }

  /** A two's complement integer of `count` bytes, little-endian. */
  long(count: number): number | bigint {
    const bytes = this.bytes(count);
    let n = 0n;
    for (let i = count - 1; i >= 0; i--) n = (n << 8n) | BigInt(bytes[i]);
    return small(BigInt.asIntN(8 * count, n));
  }

  latin1(count: number): string {
    return Array.from(this.bytes(count), (byte) => String.fromCharCode(byte)).join("");
  }

  utf8(count: number): string {
    // Python writes lone surrogates as they are; they become U+FFFD.
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.bytes(count).slice());
  }

  /** Text up to a line feed, without it. */
  line(): string {
    const end = this.source.indexOf(0x0a, this.at);
    if (end < 0) this.fail("a line does not end");
    const text = this.latin1(end - this.at);
    this.at++;
    return text.replace(/\r$/, "");
  }

  /** A Python literal of a string, as protocol 0 has it. */
  quoted(): string {
    const text = this.line();
    if (!/^(['"]).*\1$/s.test(text) || text.length < 2) this.fail("a string has no quotes");
    return unescape(text.slice(1, -1));
  }

  /** Text with `\uXXXX`, as protocol 0 has it. */
  escaped(): string {
    return this.line().replace(
      /\\u([\da-fA-F]{4})|\\U([\da-fA-F]{8})/g,
      (whole, four?: string, eight?: string) => {
        const code = parseInt(four ?? eight ?? "", 16);
        return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
      },
    );
  }

  float(text: string): number {
    const special: Record<string, number> = { inf: Infinity, "-inf": -Infinity, nan: NaN };
    if (Object.hasOwn(special, text)) return special[text];
    const number = Number(text);
    if (text.trim() === "" || Number.isNaN(number)) this.fail("a number is none");
    return number;
  }

  /** Protocol 0 writes booleans as the integers 00 and 01. */
  textInteger(): unknown {
    const text = this.line();
    return text === "00" ? false : text === "01" ? true : this.integer(text);
  }

  integer(text: string): number | bigint {
    if (!/^[+-]?\d{1,150}$/.test(text)) this.fail("an integer is none, or beyond reason");
    return small(BigInt(text.replace("+", "")));
  }

  /** A key of the memo. */
  index(text: string): number {
    const key = Number(text);
    return /^\d{1,9}$/.test(text) ? key : this.fail("a place in its memory is none");
  }
}

function small(n: bigint): number | bigint {
  const number = Number(n);
  return Number.isSafeInteger(number) ? number : n;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  b: "\b",
  f: "\f",
  v: "\v",
  a: "\x07",
};

function unescape(text: string): string {
  return text.replace(
    /\\(?:x([\da-fA-F]{2})|([0-7]{1,3})|(.))/gs,
    (_, hex?: string, octal?: string, other?: string) => {
      if (hex) return String.fromCharCode(parseInt(hex, 16));
      if (octal) return String.fromCharCode(parseInt(octal, 8) & 0xff);
      return ESCAPES[other!] ?? other!;
    },
  );
}
