/**
 * Repairs text as the Python package ftfy does with its defaults, in rules of this project's own. CLIP
 * was trained on text so repaired, and its tokenizer repairs before anything else.
 *
 * @module
 */
import { unescapeHtml } from "./html.ts";
import { fixC1Controls, undoMojibake } from "./mojibake.ts";

/** Ligatures and digraphs that older encodings had, which nobody types on purpose. */
const LIGATURE = /[ĲĳŉǄ-ǌǱ-ǳﬀ-ﬆ]/g;

/** Spells a ligature out. Compatibility decomposition would turn the long s of U+FB05 into s. */
function spellOut(ligature: string): string {
  return ligature === "ﬅ" ? "ſt" : ligature.normalize("NFKC");
}

const ENTITY = /&#?[0-9A-Za-z]{1,24};/g;

/** Decodes an entity; names in capitals (`&EACUTE;`), which HTML lacks, stand for capital letters. */
function decodeEntity(entity: string): string {
  const decoded = unescapeHtml(entity);
  if (decoded !== entity || !/^&[A-Z]+;$/.test(entity)) return decoded;
  const lower = entity.toLowerCase(), letter = unescapeHtml(lower);
  return letter === lower ? entity : letter.toUpperCase();
}

// deno-lint-ignore no-control-regex
const TERMINAL_ESCAPE = /\x1b\[[0-9;]*[A-Za-z]/g;

/** C0 controls but tab and line ends, deprecated format characters, byte order marks, anchors. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g;

/** Repeats a repair until it finds nothing more to do. */
function untilStable(text: string, repair: (text: string) => string): string {
  for (;;) {
    const repaired = repair(text);
    if (repaired === text) return text;
    text = repaired;
  }
}

/** One pass over one line, without its line feed. */
function fixOnce(line: string, entities: boolean): string {
  const text = untilStable(entities ? line.replace(ENTITY, decodeEntity) : line, undoMojibake);
  return fixC1Controls(text)
    .replace(LIGATURE, spellOut)
    // Full-width and half-width forms, and the ideographic space.
    .replace(/[\uff01-\uffef\u3000]/g, (form) => form.normalize("NFKC"))
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\r\u2028\u2029]/g, "\n")
    .toWellFormed()
    .replace(TERMINAL_ESCAPE, "")
    .replace(CONTROL, "")
    .normalize("NFC");
}

/**
 * The text repaired: mojibake undone (also doubled, also through HTML entities), ligatures spelled out,
 * full-width forms narrowed, curly quotes straightened, line ends unified, lone surrogates replaced,
 * terminal escapes and control characters removed, NFC.
 *
 * As in ftfy, each line is judged by itself, and from the first line with a `<` on entities stay: such
 * a text is HTML.
 *
 * @example
 * ```ts
 * import { fixText } from "./fix_text.ts";
 * import { equal } from "node:assert/strict";
 * equal(fixText("donâ€™t ﬁll ｗｉｄｅ \x1b[31mrooms\x1b[0m"), "don't fill wide rooms");
 * ```
 */
export function fixText(text: string): string {
  let entities = true;
  return text.replaceAll("\r\n", "\n").split("\n").map((line) => {
    entities &&= !line.includes("<");
    return untilStable(line, (text) => fixOnce(text, entities));
  }).join("\n");
}
