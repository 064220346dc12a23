/**
 * Which samples make up the batches of an epoch.
 *
 * @module
 */

/**
 * Cuts `order` into batches of `size`, in order. With `key` a batch never holds two samples of the same
 * key: a sample that clashes waits and goes first into the next batch where it does not. Nothing is
 * lost; what clashes at the end of the epoch goes into batches of fewer samples.
 *
 * @example
 * ```ts
 * import { cutBatches } from "./batches.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual(cutBatches([0, 1, 2, 3, 4], 2), [[0, 1], [2, 3], [4]]);
 * deepStrictEqual(cutBatches([0, 1, 2, 3, 4], 2, (i) => `${i >> 1}`), [[0, 2], [1, 3], [4]]);
 * ```
 */
export function cutBatches(
  order: ArrayLike<number>,
  size: number,
  key?: (sample: number) => string,
): number[][] {
  const batches: number[][] = [];
  let waiting: { sample: number; key: string }[] = [], next = 0;
  while (waiting.length > 0 || next < order.length) {
    const batch: number[] = [], keys = new Set<string>(), clashing: typeof waiting = [];
    const offer = (candidate: { sample: number; key: string }) => {
      if (batch.length === size || keys.has(candidate.key)) return clashing.push(candidate);
      keys.add(candidate.key);
      batch.push(candidate.sample);
    };
    waiting.forEach(offer);
    while (batch.length < size && next < order.length) {
      const sample = order[next++];
      offer({ sample, key: key === undefined ? `${sample}` : key(sample) });
    }
    waiting = clashing;
    batches.push(batch);
  }
  return batches;
}
