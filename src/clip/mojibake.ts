/**
 * Mojibake: UTF-8 that was read as a single-byte encoding (`cafÃ©` for `café`), found and undone.
 *
 * Genuine text holds characters that would be UTF-8 by chance (`MARQUÉ…`), so a text is touched only
 * where neighbours in it are such as no writer puts side by side. Then the first encoding in which all
 * of its bytes are UTF-8 decides; where there is none, runs that by themselves would be UTF-8 are
 * looked at one by one. In its judgement this follows ftfy 6.0 (`fix_encoding`), step by step.
 *
 * @module
 */
import { binary, decodeUtf8, encode, ENCODINGS, WINDOWS_1252 } from "./encodings.ts";
import { EMBEDDED, looksMisread } from "./mojibake_clues.ts";

/** Replaces C1 controls, which nobody types, by what windows-1252 shows for the same byte. */
export function fixC1Controls(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (c) => WINDOWS_1252.upper[c.charCodeAt(0) - 0x80]);
}

/**
 * `Ã` before a blank: mostly `à`, a word of its own, whose last byte became one blank with the one that
 * followed it; not so in a few Portuguese words.
 */
const A_GRAVE = /\xc3 (?! |quel[ea]|quilo|s )/g;
/** UTF-8 in which a no-break space became a blank; only where that gives a likely character. */
const BLANKED = new RegExp(
  [
    "[\xc2\xc3\xc5\xce\xd0\xd9] ",
    "[\xe2\xe3] [\x80-\x84\x86-\x9f\xa1-\xbf]",
    "[\xe0-\xe3][\x80-\x84\x86-\x9f\xa1-\xbf] ",
    "\xf0 [\x80-\xbf]{2}|\xf0[\x80-\xbf] [\x80-\xbf]|\xf0[\x80-\xbf]{2} ",
  ].join("|"),
  "g",
);

/** Puts back the no-break spaces that programs turn into blanks, on bytes. */
function restoreNoBreakSpaces(bytes: string): string {
  return bytes.replace(A_GRAVE, "\xc3\xa0 ")
    .replace(BLANKED, (sequence) => sequence.replaceAll(" ", "\xa0"));
}

const KEPT = "[\x1a\x80-\xbf]", GONE = "[\x1a?]";

/** A character of UTF-8 that has lost one of its `later` bytes, or more. */
function incomplete(lead: string, later: number): string[] {
  return Array.from(
    { length: later },
    (_, i) => lead + KEPT.repeat(i) + GONE + KEPT.repeat(later - 1 - i),
  );
}

/** UTF-8 that has lost bytes: 0x1a stands for one, or, once in a character, a question mark. */
const INCOMPLETE = new RegExp(
  [
    "[\xc2-\xdf]\x1a|[\xc2\xc3]\\?",
    "\xed[\xa0-\xaf][\x1a?]\xed[\xb0-\xbf][\x1a?\x80-\xbf]",
    "\xed[\xa0-\xaf][\x1a?\x80-\xbf]\xed[\xb0-\xbf][\x1a?]",
    ...incomplete("[\xe0-\xef]", 2),
    ...incomplete("[\xf0-\xf4]", 3),
    "\x1a",
  ].join("|"),
  "g",
);
/** U+FFFD as bytes. */
const LOST = "\xef\xbf\xbd";

/** Undoes one layer. */
function undoLayer(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text) || !looksMisread(text)) return text;
  for (const encoding of ENCODINGS) {
    const misread = encode(text, encoding);
    if (!misread) continue;
    const bytes = restoreNoBreakSpaces(binary(misread));
    const read = decodeUtf8(encoding.sloppy ? bytes.replace(INCOMPLETE, LOST) : bytes);
    if (read !== undefined) return read;
  }
  const repaired = text.replace(
    EMBEDDED,
    (run) => run.length < text.length && looksMisread(run) ? undoMojibake(run) : run,
  );
  return repaired === text ? fixC1Controls(text) : repaired;
}

/**
 * Undoes mojibake, layer by layer; the text itself where none is found.
 *
 * @example
 * ```ts
 * import { undoMojibake } from "./mojibake.ts";
 * import { equal } from "node:assert/strict";
 * equal(undoMojibake("cafÃ© â€” Ð¿Ñ€Ð¸Ð²ÐµÑ‚"), "café — привет");
 * equal(undoMojibake("IL Y MARQUÉ…"), "IL Y MARQUÉ…");
 * ```
 */
export function undoMojibake(text: string): string {
  for (;;) {
    const undone = undoLayer(text);
    if (undone === text) return text;
    text = undone;
  }
}
