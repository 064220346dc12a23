/**
 * Repairs text as the Python package ftfy does with its defaults, in rules of this project's own. CLIP
 * was trained on text so repaired, and its tokenizer repairs before anything else.
 *
 * @module
 */
import { decodeHTMLStrict } from "npm:entities@8.1.0";
import { unescapeHtml } from "./html.ts";
import { compose } from "./normalize.ts";
import { fixC1Controls, undoMojibake } from "./mojibake.ts";

/** Ligatures and digraphs that older encodings had, which nobody types on purpose. */
const LIGATURE = /[ĲĳŉǄ-ǌǱ-ǳﬀ-ﬆ]/g;

/** Spells a ligature out. Compatibility decomposition would turn the long s of U+FB05 into s. */
function spellOut(ligature: string): string {
  return ligature === "ﬅ" ? "ſt" : ligature.normalize("NFKC");
}

const ENTITY = /&#?[0-9A-Za-z]{1,24};/g;

/** Decodes an entity as a whole; names in capitals (`&EACUTE;`), which HTML lacks, stand for capitals. */
function decodeEntity(entity: string): string {
  if (entity.startsWith("&#")) {
    const decoded = unescapeHtml(entity);
    return decoded.includes(";") ? entity : decoded;
  }
  const decoded = decodeHTMLStrict(entity);
  if (decoded !== entity || !/^&[0-9A-Z]+;$/.test(entity)) return decoded;
  const lower = entity.toLowerCase(), letter = decodeHTMLStrict(lower);
  // `&COPYSR;` begins with an entity of its own.
  return letter === lower || unescapeHtml(entity) !== entity ? entity : letter.toUpperCase();
}

/** An ampersand escaped so often that taking one escape off at a time would take for ever. */
const DEEP = /&(?:(?:amp|AMP|#0{0,22}38|#[xX]0{0,21}26);){64,}/g;
/** Escapes that are left of them: more passes than any other repair of a line needs. */
const DEEP_ENOUGH = 32;

/** Takes one layer of entities off. */
function decodeEntities(line: string): string {
  return line
    .replace(DEEP, (escapes) => `&${escapes.split(";").slice(-DEEP_ENOUGH - 1).join(";")}`)
    .replace(ENTITY, decodeEntity);
}

// deno-lint-ignore no-control-regex
const TERMINAL_ESCAPE = /\x1b\[[0-9;]*[A-Za-z]/g;

/** C0 controls but tab and line ends, deprecated format characters, byte order marks, anchors. */
// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g;

/** One pass over one line. */
function fixOnce(line: string, entities: boolean): string {
  const repaired = fixC1Controls(undoMojibake(entities ? decodeEntities(line) : line))
    .replace(LIGATURE, spellOut)
    // Full-width and half-width forms, and the ideographic space.
    .replace(/[\uff01-\uffef\u3000]/g, (form) => form.normalize("NFKC"))
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/\r\n|[\r\u2028\u2029]/g, "\n")
    .toWellFormed()
    .replace(TERMINAL_ESCAPE, "")
    .replace(CONTROL, "");
  return compose(repaired);
}

/** Repairs a line until nothing is left to do. */
function fixLine(line: string, entities: boolean): string {
  for (;;) {
    const fixed = fixOnce(line, entities);
    if (fixed === line) return line;
    line = fixed;
  }
}

/**
 * The text repaired: mojibake undone (also doubled, also through HTML entities), ligatures spelled out,
 * full-width forms narrowed, curly quotes straightened, line ends unified, lone surrogates replaced,
 * terminal escapes and control characters removed, NFC.
 *
 * As in ftfy, each line (with its line feed) is judged by itself, and from the first line with a `<` on
 * entities stay: such a text is HTML.
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
  return text.split(/(?<=\n)/).map((line) => {
    entities &&= !line.includes("<");
    return fixLine(line, entities);
  }).join("");
}
