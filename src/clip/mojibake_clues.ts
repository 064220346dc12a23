/**
 * What gives mojibake away: neighbours that no writer puts side by side. The classes and the rules are
 * those by which ftfy 6.0 judges (Robyn Speer, `ftfy.badness`): CLIP's tokenizer does what they say.
 *
 * @module
 */
import { WINDOWS } from "./encodings.ts";

/** Classes of the characters that misread UTF-8 consists of, as they stand between brackets. */
const CLASS = {
  common: "\xa0\xad·´–—―…’",
  control: "\x80-\x9f",
  bad: "¦¤¨¬¯¶§¸ƒˆˇ˘˛˜†‡‰⌐◊\ufffdªº",
  currency: "¢£¥₧€",
  opening: "¡«¿©΄΅‘‚“„•‹\uf8ff",
  closing: "®»˝”›™",
  number: "²³¹±¼½¾×µ÷⁄∂∆∏∑√∞∩∫≈≠≡≤≥№",
  /** Letters of faces such as Ö_ö. */
  face: "Ò-ÖÙ-Üò-öø-üŐ°",
  upper: "À-ÑØÜÝĂĄĆČĎĐĘĚĞİĹĽŁŃŇŒŘŚŞŠŢŤŮŰŸŹŻŽҐ",
  lower: "ßà-ñăąćčďđęěğĺľłœŕśşšťźżžґﬁﬂ",
  plainUpper: "ÞΑ-ΩΆΈΉΊΌΎΏΪΫЁ-Я",
  plainLower: "α-ωάέήίΰа-џ",
  box: "│┌┐┘├┤┬┼═-╬▀▄█▌▐░▒▓",
} as const;

/** Python's white space, which is not JavaScript's. */
const BLANK =
  "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";

/** A character of any of the classes, or of what else is listed. */
function any(names: string, others = ""): string {
  const classes = names.split(" ").filter(Boolean).map((name) => CLASS[name as keyof typeof CLASS]);
  return `[${classes.join("")}${others}]`;
}

const SIGNS = "box opening closing currency number";
const ARABIC = `[ØÙ]${any("common currency bad number opening", "ŸŠ®°µ»")}`;

/** The giveaways, each a run of neighbours. */
const RULES: readonly string[] = [
  any("control"),
  any(`bad lower upper ${SIGNS}`) + any("bad"),
  "[a-zA-Z]" + any("plainLower plainUpper") + any("bad"),
  any("bad") + any(`lower upper ${SIGNS}`),
  any("lower plainLower box closing currency number") + any("upper"),
  any("box closing currency number") + any("lower"),
  any("lower box closing") + any("currency"),
  BLANK + any("upper") + any("currency"),
  any("upper box") + any("number"),
  any("lower upper box currency closing") + any("opening") + any("number"),
  any("lower upper currency number box") + any("closing") + any("opening"),
  any("currency number box") + any("opening"),
  "[a-z]" + any("upper") + any("opening currency"),
  any("box") + any("face"),
  any("lower upper currency number opening closing") + any("box"),
  any("box") + any("closing"),
  "[Œœ][^A-Za-z]",
  // Windows-1252: Latin, Arabic, the scripts of South Asia, and `à` before a blank.
  "[ÂÃÎÐ]" + any("closing", "€Šš¢£Ÿž\xa0\xad®©°·»–—´"),
  "×[²³]",
  ARABIC + ARABIC,
  "à[²µ¹¼½¾]",
  "Ã[\xa0¡]",
  `[a-z]${BLANK}?[ÃÂ] `,
  "^[ÃÂ] ",
  any("closing", "a-z.,?!") + "Â" + any("opening closing", " "),
  // Mac.
  "√[±∂†≠®™´≤≥¥µø]",
  "≈[°¢]",
  "‚Ä[ìîïòôúùû†°¢π]",
  "‚[âó][àä°ê]",
  // Windows-1251 and 1253: punctuation, and letters between letters.
  "вЂ",
  "[ВГРС]" + any("control bad opening closing currency", "°µ") + "[ВГРС]",
  "ГўВЂВ[^\\n][A-Za-z ]",
  "β€[™\xa0Ά\xad®°]",
  "[ΒΓΞΟ]" + any("control bad opening closing currency", "°") + "[ΒΓΞΟ]",
];

const GIVEAWAY = new RegExp(RULES.join("|"), "u");

/** Whether some neighbours in a text give mojibake away. */
export function looksMisread(text: string): boolean {
  return GIVEAWAY.test(text);
}

/** What bytes of a range look like in Windows' code pages, as a class of characters. */
function looks(from: number, to: number, without = ""): string {
  const seen = new Set(WINDOWS.flatMap(({ upper }) => upper.slice(from - 0x80, to - 0x7f)));
  return [...seen].filter((character) => !without.includes(character)).join("");
}

/** Signs that also stand by themselves beside mojibake. */
const OWN = "–—―‘’‚“”„…";
const LATER = `[${looks(0x80, 0xbf)}\x80-\xbf ]`;
const LATER_ONLY = `[${looks(0x80, 0xbf, OWN)}\x80-\xbf]`;

/**
 * Runs of characters that stand for bytes of UTF-8, a blank counting as a no-break space. Not right
 * after such a byte: a part of a longer garble is better left.
 */
export const EMBEDDED = new RegExp(
  `(?<!${LATER_ONLY})(?:[${looks(0xc2, 0xdf)}]${LATER}|[${looks(0xe0, 0xef)}]${LATER}{2}|` +
    `[${looks(0xf0, 0xf0)}${looks(0xf3, 0xf3)}]${LATER}{3})+`,
  "gu",
);
