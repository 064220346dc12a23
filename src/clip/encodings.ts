/**
 * Single-byte encodings, byte by byte, and UTF-8 as careless programs write it.
 *
 * @module
 */

/** What a lost byte was replaced by, and the control character that stands for it among bytes. */
const LOST = "\ufffd", SUBSTITUTE = 0x1a;

/** The upper half of the IBM PC's character set. */
const CP437 = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" +
  "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

/** One single-byte encoding. */
export interface Encoding {
  /** The characters of the bytes 0x80 to 0xff. */
  readonly upper: readonly string[];
  /** Whether a byte may have been lost: U+FFFD then stands for an unknown one. */
  readonly sloppy: boolean;
}

/** The characters of the upper half; a byte that means nothing is the control of its number. */
function upperHalf(label: string): string[] {
  const decoder = new TextDecoder(label);
  return Array.from({ length: 128 }, (_, i) => {
    const character = decoder.decode(Uint8Array.of(0x80 + i));
    return character === LOST ? String.fromCharCode(0x80 + i) : character;
  });
}

const windows = (page: number): Encoding => ({ upper: upperHalf(`windows-${page}`), sloppy: true });

/** Windows' code page of Western Europe. */
export const WINDOWS_1252: Encoding = windows(1252);

/** Latin-1 in everything but the name: a code page of one alphabet each, from the commonest on. */
export const WINDOWS: readonly Encoding[] = [
  WINDOWS_1252,
  ...[1251, 1250, 1253, 1254].map(windows),
];

/** The encodings that text is taken to have been misread in, in the order of trying. */
export const ENCODINGS: readonly Encoding[] = [
  { upper: Array.from({ length: 128 }, (_, i) => String.fromCharCode(0x80 + i)), sloppy: false },
  ...WINDOWS,
  { upper: upperHalf("iso-8859-2"), sloppy: false },
  { upper: upperHalf("macintosh"), sloppy: false },
  { upper: [...CP437], sloppy: false },
];

const BYTES: ReadonlyMap<Encoding, ReadonlyMap<string, number>> = new Map(
  ENCODINGS.map((encoding) => {
    const bytes = new Map(encoding.upper.map((character, i) => [character, 0x80 + i]));
    if (encoding.sloppy) bytes.set(LOST, SUBSTITUTE);
    return [encoding, bytes];
  }),
);

/** The bytes of a text in an encoding of {@link ENCODINGS}; undefined where it has not all of it. */
export function encode(text: string, encoding: Encoding): Uint8Array<ArrayBuffer> | undefined {
  const bytes = BYTES.get(encoding)!, found = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const plain = code < 0x80 && !(encoding.sloppy && code === SUBSTITUTE);
    const byte = plain ? code : bytes.get(text[i]);
    if (byte === undefined) return undefined;
    found[i] = byte;
  }
  return found;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
/** Surrogate halves that are encoded apart (CESU-8), and Java's two bytes for NUL. */
const VARIANTS = /\xed([\xa0-\xaf])([\x80-\xbf])\xed([\xb0-\xbf])([\x80-\xbf])|\xc0\x80/g;

/** A string that has the bytes for characters, for regular expressions over bytes; and back. */
export function binary(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}

/** Decodes UTF-8, given as a {@link binary} string; undefined where it is malformed. */
export function decodeUtf8(bytes: string): string | undefined {
  const repaired = bytes.replace(VARIANTS, (whole, ...parts: string[]) => {
    if (whole.length === 2) return "\0";
    const [a, b, c, d] = parts.slice(0, 4).map((part) => part.charCodeAt(0));
    const code = ((a & 15) << 16) + ((b & 63) << 10) + ((c & 15) << 6) + (d & 63) + 0x10000;
    return String.fromCharCode(...new TextEncoder().encode(String.fromCodePoint(code)));
  });
  try {
    return utf8.decode(Uint8Array.from(repaired, (character) => character.charCodeAt(0)));
  } catch {
    return undefined;
  }
}
