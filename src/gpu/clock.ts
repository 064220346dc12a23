/**
 * The GPU's clock on the host's.
 *
 * @module
 */

/** What is known of one submit: when the host made it, when its work ran by the GPU's clock. */
export interface Sighting {
  /** Host, milliseconds: just before the submit. */
  readonly submitted: number;
  /** Host, milliseconds: when the work was known to be over. */
  readonly over: number;
  /** GPU, milliseconds: the start of the first dispatch. */
  readonly begin: number;
  /** GPU, milliseconds: the end of the last dispatch. */
  readonly end: number;
}

/** Host time is GPU time + `offset`, give or take `error`; milliseconds. */
export interface Alignment {
  readonly offset: number;
  readonly error: number;
}

/**
 * Aligns the clocks. Work starts after its submit and is over before the host knows, so every sighting
 * bounds the offset from both sides; the tightest bounds of all are taken. Where clocks drift apart the
 * bounds cross, and the error is half of that.
 *
 * @example
 * ```ts
 * import { align } from "./clock.ts";
 * import assert from "node:assert/strict";
 *
 * // The GPU's clock shows 100 less. One submit started late, the other was noticed late.
 * const late = { submitted: 110, begin: 14, end: 20, over: 121 };
 * const noticed = { submitted: 130, begin: 31, end: 40, over: 149 };
 * assert.deepEqual(align([late, noticed]), { offset: 100, error: 1 });
 * ```
 */
export function align(sightings: Iterable<Sighting>): Alignment {
  let least = -Infinity, most = Infinity;
  for (const { submitted, over, begin, end } of sightings) {
    least = Math.max(least, submitted - begin);
    most = Math.min(most, over - end);
  }
  return most === Infinity
    ? { offset: 0, error: 0 }
    : { offset: (least + most) / 2, error: Math.abs(most - least) / 2 };
}
