/**
 * Unicode's canonical composition in time that is linear in the text.
 *
 * @module
 */

import { NEW_MARKS_AND_CAPITALS } from "./unicode.ts";

/** What Unicode 14 knows, between characters that it does not compose or reorder. */
const KNOWN_RUN = new RegExp(`[^${NEW_MARKS_AND_CAPITALS}]+`, "gu");

/** So many marks that an engine, which sorts them by insertion, may take seconds. */
const LONG_RUN = /\p{M}{100,}/gu;

/** A mark of the highest combining class, before which all others go. */
const LAST = "\u0345";

/** Whether canonical order exchanges two marks. */
function exchanged(a: string, b: string): boolean {
  return (a + b).normalize("NFD") !== a + b;
}

/** Whether a mark can change its place at all. */
function moves(mark: string): boolean {
  return mark === LAST || exchanged(LAST, mark);
}

/** Puts decomposed marks that can change places in canonical order. */
function sorted(marks: readonly string[]): string {
  // Engines do not tell the combining class itself, only which of two marks goes first.
  const order = [...new Set(marks)]
    .sort((a, b) => exchanged(a, b) ? 1 : exchanged(b, a) ? -1 : 0);
  const rank = new Map<string, number>();
  order.forEach((mark, i) => {
    const before = order[i - 1];
    rank.set(mark, i > 0 && !exchanged(mark, before) ? rank.get(before)! : i);
  });
  return marks.toSorted((a, b) => rank.get(a)! - rank.get(b)!).join("");
}

function sortRun(run: string): string {
  let text = "", marks: string[] = [];
  for (const mark of Array.from(run).flatMap((one) => Array.from(one.normalize("NFD")))) {
    if (moves(mark)) {
      marks.push(mark);
      continue;
    }
    text += sorted(marks) + mark;
    marks = [];
  }
  return text + sorted(marks);
}

/**
 * The text in Unicode 14's normalization form C, as `normalize()` of that time gave it.
 *
 * @example
 * ```ts
 * import { compose } from "./normalize.ts";
 * import { equal } from "node:assert/strict";
 * equal(compose("e\u0301"), "é");
 * ```
 */
export function compose(text: string): string {
  return text.replace(KNOWN_RUN, (run) => run.replace(LONG_RUN, sortRun).normalize("NFC"));
}
