/**
 * Sparse sampling of tokens where fewer are there than are asked for: only the reference goes on.
 *
 * @module
 */
import { sampleTokenIds } from "../cluster/sampling.ts";

/**
 * The tokens that the reference's `token_sparse_sampling` chooses: as `sampleTokenIds`, but of fewer
 * than `k` tokens it takes all in order and then repeats an index that is one too high.
 *
 * @example
 * ```ts
 * import { referenceTokenIds } from "./sampling.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual(referenceTokenIds(2, 4), [0, 1, 2, 2]);
 * ```
 */
export function referenceTokenIds(
  n: number,
  k: number,
  integer?: (n: number) => number,
): number[] {
  return k <= n
    ? sampleTokenIds(n, k, integer)
    : Array.from({ length: k }, (_, i) => Math.min(i, n));
}
