/**
 * Stretches of time.
 *
 * @module
 */
import type { Interval } from "../gpu/profile.ts";

/**
 * What is left of `intervals`, none of which overlaps another, without the time in `holes`. All are sorted by
 * their begin.
 *
 * @example
 * ```ts
 * import { without } from "./intervals.ts";
 * import assert from "node:assert/strict";
 *
 * const left = without([{ begin: 0, end: 9 }], [{ begin: 2, end: 4 }, { begin: 8, end: 12 }]);
 * assert.deepEqual(left, [{ begin: 0, end: 2 }, { begin: 4, end: 8 }]);
 * ```
 */
export function without(intervals: readonly Interval[], holes: readonly Interval[]): Interval[] {
  const left: Interval[] = [];
  let next = 0;
  for (const { begin, end } of intervals) {
    let from = begin;
    // A hole that ends past this interval may reach into the next one.
    while (next < holes.length && holes[next].end <= from) next++;
    for (let i = next; i < holes.length && holes[i].begin < end; i++) {
      if (holes[i].begin > from) left.push({ begin: from, end: holes[i].begin });
      from = Math.max(from, holes[i].end);
    }
    if (from < end) left.push({ begin: from, end });
  }
  return left;
}
