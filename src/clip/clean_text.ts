/**
 * What CLIP does to a caption before it is cut into words.
 *
 * @module
 */
import { fixText } from "./fix_text.ts";
import { unescapeHtml } from "./html.ts";
import { NEW_MARKS_AND_CAPITALS } from "./unicode.ts";

/** Unicode's White_Space property. JavaScript's `\s` has U+FEFF besides, and lacks U+0085. */
const WHITE_SPACE = /\p{White_Space}+/gu;

const OLD = new RegExp(`[^${NEW_MARKS_AND_CAPITALS}]+`, "gu");

/**
 * The text that CLIP's tokenizer cuts into words: repaired; entities decoded twice, because captions
 * from web pages often are escaped twice; single blanks between words, none at the ends; lower case
 * (openai/CLIP, `clip/simple_tokenizer.py`: `basic_clean`, `whitespace_clean`).
 *
 * @example
 * ```ts
 * import { cleanText } from "./clean_text.ts";
 * import { equal } from "node:assert/strict";
 * equal(cleanText("  A dog\tDOESN’T bark &amp;amp; runs\n"), "a dog doesn't bark & runs");
 * ```
 */
export function cleanText(text: string): string {
  // U+FEFF counts as text here, so `trim` must not see it.
  const spaced = unescapeHtml(unescapeHtml(fixText(text))).replace(WHITE_SPACE, " ");
  return spaced.replace(/^ | $/g, "").replace(OLD, (run) => run.toLowerCase());
}
