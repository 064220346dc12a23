/**
 * Reads the tolerances that manifests state in words.
 *
 * A wording is a list of clauses, such as `features atol 1e-4 rtol 1e-3; grads rtol 5e-3 of max`. A
 * clause says what it is about and gives `atol`, `rtol`, `rtol … of max`, `<= …*max|g|`, `within
 * …*|x|`, `+-…`, a bare number before a parenthesis, or `exact`. A clause that names nothing is about everything.
 *
 * @module
 */

/** How far a value may be from its reference. */
export interface Tolerance {
  readonly atol: number;
  /** Relative to the element of the reference, or to the largest one. */
  readonly rtol: number;
  readonly ofMax: boolean;
}

/** Nothing but equality. */
export const EXACT: Tolerance = { atol: 0, rtol: 0, ofMax: false };

interface Clause extends Tolerance {
  /** The words before the numbers, and a parenthesis behind a bare number. */
  readonly about: string;
}

const NUMBER = String.raw`(\d+(?:\.\d+)?(?:e-?\d+)?)`;
const PATTERNS: readonly (readonly [RegExp, keyof Tolerance])[] = [
  [new RegExp(String.raw`\batol ${NUMBER}`), "atol"],
  [new RegExp(String.raw`\brtol ${NUMBER}`), "rtol"],
  [new RegExp(String.raw`<= ?${NUMBER}\*max`), "rtol"],
  [new RegExp(String.raw`\bwithin ${NUMBER}\*\|x\|`), "rtol"],
  [new RegExp(String.raw`\+-${NUMBER}`), "atol"],
  [new RegExp(String.raw`^${NUMBER} \(`), "atol"],
];

function parseClause(text: string): Clause | undefined {
  const found = PATTERNS.flatMap(([pattern, key]) => {
    const match = text.match(pattern);
    return match ? [{ key, value: Number(match[1]), index: match.index! }] : [];
  });
  const exact = text.match(/\bexact\b/);
  if (found.length === 0 && !exact) return undefined;
  const start = Math.min(...found.map(({ index }) => index), exact?.index ?? Infinity);
  const value = (key: keyof Tolerance) => found.find((item) => item.key === key)?.value ?? 0;
  return {
    atol: value("atol"),
    rtol: value("rtol"),
    ofMax: /\bof max\b|\*max\b/.test(text),
    about: text.slice(0, start).trim() || (text.match(/^\S+ \((.*?)\)/)?.[1] ?? ""),
  };
}

/**
 * The tolerance that a wording gives for a subject: that of the first clause about one of `subjects`,
 * tried in their order, else that of a clause about everything.
 *
 * @throws where the wording says nothing of any of them.
 */
export function parseTolerance(wording: string, ...subjects: readonly string[]): Tolerance {
  const clauses = wording.split(/;|, (?=\d)/)
    .map((text) => parseClause(text.trim()))
    .filter((clause) => clause !== undefined);
  const clause = subjects
    .map((subject) => clauses.find(({ about }) => about.includes(subject)))
    .find((found) => found !== undefined) ?? clauses.find(({ about }) => about === "");
  if (clause) return { atol: clause.atol, rtol: clause.rtol, ofMax: clause.ofMax };
  throw new Error(`the tolerance "${wording}" says nothing of ${subjects.join(" or ")}`);
}
