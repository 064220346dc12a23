/**
 * Mojibake: UTF-8 that was read as a single-byte encoding (`cafÃ©` for `café`), found and undone.
 *
 * A *sequence* is a group of characters whose bytes in that encoding form one UTF-8 character of two
 * to four bytes. Genuine text holds such groups by chance (`MARQUÉ…` holds one), so a sequence alone
 * proves nothing: some sequence must be one that no writer would write. Then a line that consists of
 * sequences and ASCII is decoded as a whole; for the commonest encoding, windows-1252, runs of
 * sequences are decoded within other text too.
 *
 * @module
 */

/** A group of characters that decodes to one character, and its place in the text. */
interface Sequence {
  readonly start: number;
  readonly end: number;
  readonly decoded: string;
}

const LOST = "\ufffd";

/** The encodings tried, in this order, with the byte of each character beyond ASCII. */
const ENCODINGS: readonly ReadonlyMap<string, number>[] = [
  "windows-1252",
  "windows-1251",
  "windows-1250",
  "windows-1253",
  "windows-1254",
  "iso-8859-2",
  "macintosh",
].map((label, index) => {
  const bytes = new Map<string, number>();
  for (let byte = 0x80; byte <= 0xff; byte++) {
    // Latin-1 and windows-1252 are mixed up everywhere: C1 controls count as their own bytes.
    if (index === 0 && byte < 0xa0) bytes.set(String.fromCharCode(byte), byte);
    const character = new TextDecoder(label).decode(Uint8Array.of(byte));
    bytes.set(character === LOST ? String.fromCharCode(byte) : character, byte);
  }
  return bytes;
});
const WINDOWS_1252 = ENCODINGS[0];

/** The characters that windows-1252 has in place of the C1 controls. */
const C1_MEANING: ReadonlyMap<string, string> = new Map(
  [...WINDOWS_1252].filter(([, byte]) => byte < 0xa0)
    .map(([character, byte]) => [String.fromCharCode(byte), character]),
);

/** Replaces C1 controls, which nobody types, by what windows-1252 shows for the same byte. */
export function fixC1Controls(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (control) => C1_MEANING.get(control) ?? control);
}

/** Bytes in a UTF-8 character by its first byte; 0 where that begins none. */
function lengthOf(lead: number): number {
  return lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** The sequence at `start`, if there is one. A lost byte (U+FFFD) loses the character it was part of. */
function sequenceAt(
  text: string,
  start: number,
  bytes: ReadonlyMap<string, number>,
): Sequence | undefined {
  const lead = bytes.get(text[start]) ?? 0;
  const length = lengthOf(lead);
  if (length === 0) return undefined;
  let code = lead & (0xff >> (length + 1)), lost = false;
  for (let i = start + 1; i < start + length; i++) {
    const byte = text[i] === LOST ? 0x80 : bytes.get(text[i]) ?? 0;
    if ((byte & 0xc0) !== 0x80) return undefined;
    lost ||= text[i] === LOST;
    code = (code << 6) | (byte & 0x3f);
  }
  const overlong = code < [0, 0, 0x80, 0x800, 0x10000][length];
  if (!lost && (overlong || code > 0x10ffff)) return undefined;
  // Surrogates encoded apart (CESU-8) become halves that join in the string.
  return { start, end: start + length, decoded: lost ? LOST : String.fromCodePoint(code) };
}

/** All sequences of a text; with `whole`, none unless only ASCII lies between them. */
function findSequences(text: string, bytes: ReadonlyMap<string, number>, whole: boolean) {
  const sequences: Sequence[] = [];
  for (let i = 0; i < text.length;) {
    const sequence = text.charCodeAt(i) < 0x80 ? undefined : sequenceAt(text, i, bytes);
    if (sequence) sequences.push(sequence);
    else if (whole && text.charCodeAt(i) >= 0x80) return [];
    i = sequence?.end ?? i + 1;
  }
  return sequences;
}

/** Signs that may stand after a letter in genuine text, at the end of a word. */
const AFTER_WORD = "€‚„‹›‘“”•™¡¢£¥©«»®¿";
/** Signs that may stand after a letter even within a word. */
const WITHIN_WORD = "…’–—´·\u00a0\u00ad";
/** Signs of which two may close a word. */
const CLOSING = "…’”»›–—™®\u00a0\u00ad";

const isLetter = (character: string | undefined): boolean => /^\p{L}$/u.test(character ?? "");
const isUpper = (text: string): boolean => /^\p{Lu}+$/u.test(text);
const SCRIPTS = [/^\p{Script=Latin}+$/u, /^\p{Script=Cyrillic}+$/u, /^\p{Script=Greek}+$/u];

/** Letters of one script, no lower case before upper case, no signs that only count as letters. */
function isWordLike(text: string): boolean {
  return SCRIPTS.some((script) => script.test(text)) && !/\p{Ll}\p{Lu}|[ƒªº]/u.test(text);
}

/** Whether no writer would write this sequence where it stands. */
function isSuspicious(text: string, { start, end, decoded }: Sequence, western: boolean): boolean {
  const group = text.slice(start, end), lead = group[0], rest = group.slice(1);
  if (group.length === 4) return true;
  if (western && group.length === 2) {
    // What Latin-1's upper half, Greek and Russian begin with; as letters they end few words.
    if (lead === "Â") return decoded >= "\u00a0";
    if ("ÃÎÐ".includes(lead)) return !"…’".includes(rest);
    // As likely a letter before a sign as a letter of Cyrillic, Hebrew or Arabic: see the runs.
    if ("ÒÓÔÕÖÙÚÛÞß×".includes(lead)) return false;
  }
  if (isWordLike(group)) return false;
  if (!isLetter(lead)) return rest.length > 1 || !isWordLike(rest) || isLetter(text[start - 1]);
  if (rest.length > 1) return !Array.from(rest).every((sign) => CLOSING.includes(sign));
  if (WITHIN_WORD.includes(rest)) return false;
  return !AFTER_WORD.includes(rest) || isLetter(text[end]);
}

/** Sequences that touch each other, as runs. */
function runsOf(sequences: readonly Sequence[]): Sequence[][] {
  const runs: Sequence[][] = [];
  for (const sequence of sequences) {
    const last = runs.at(-1);
    if (last && last[last.length - 1].end === sequence.start) last.push(sequence);
    else runs.push([sequence]);
  }
  return runs;
}

/** Whether a run as a whole gives itself away: two sequences in a row hardly ever are chance. */
function isMojibake(text: string, run: readonly Sequence[], western: boolean): boolean {
  if (run.some((sequence) => isSuspicious(text, sequence, western))) return true;
  return run.length > 1 && !isUpper(text.slice(run[0].start, run[run.length - 1].end));
}

/** The text with the given sequences, in order, decoded. */
function decodeSequences(text: string, sequences: readonly Sequence[]): string {
  let result = "", from = 0;
  for (const { start, end, decoded } of sequences) {
    result += text.slice(from, start) + decoded;
    from = end;
  }
  return result + text.slice(from);
}

/**
 * Many programs turn a no-break space into a blank, and with it the last byte of `à` and others. The
 * blank after `Ã` mostly was the word's own, save in a few Portuguese words; after a capital `Ã` is
 * genuine (`MANHÃ`).
 */
function restoreNoBreakSpace(text: string): string {
  return text.replace(/(?<!\p{Lu})Ã (?! |quel[ae]|quilo|s )/gu, "Ã\u00a0 ")
    .replace(/([ÂÅÎÐÙ]|(?<!\p{Lu})Ã|â[€‰]) /gu, "$1\u00a0");
}

/**
 * Undoes one layer of mojibake in a line; the line itself where none is found. A caller repeats it
 * while the line changes.
 *
 * @example
 * ```ts
 * import { undoMojibake } from "./mojibake.ts";
 * import { equal } from "node:assert/strict";
 * equal(undoMojibake("cafÃ© â€” Ð¿Ñ€Ð¸Ð²ÐµÑ‚"), "café — привет");
 * equal(undoMojibake("IL Y MARQUÉ…"), "IL Y MARQUÉ…");
 * ```
 */
export function undoMojibake(line: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(line)) return line;
  for (const whole of [true, false]) {
    for (const bytes of whole ? ENCODINGS : [WINDOWS_1252]) {
      const western = bytes === WINDOWS_1252;
      const text = western ? restoreNoBreakSpace(line) : line;
      const sequences = findSequences(text, bytes, whole);
      const found = runsOf(sequences).filter((run) => isMojibake(text, run, western));
      if (found.length > 0) return decodeSequences(text, whole ? sequences : found.flat());
    }
  }
  return line;
}
