/**
 * Re-ranking of a finished similarity matrix.
 *
 * @module
 */
import { checkShape } from "./ranks.ts";

/**
 * Dual softmax (Cheng, Lin, Wu, Yang, Shen: "Improving Video-Text Retrieval by Multi-Stream Corpus
 * Alignment and Dual Softmax Loss", 2021): S ⊙ softmax(S) · rows. A candidate that many queries like
 * counts less for each of them. It sees all queries at once, so its figures are not comparable with
 * those of plain retrieval.
 *
 * @param similarity Scores, row-major [rows, cols].
 * @param axis The softmax runs over rows (0: over the queries, CAMoE's choice) or columns (1).
 * @returns The new scores [rows, cols].
 * @throws UsageError where the shape is wrong.
 *
 * @example
 * ```ts
 * import { dualSoftmax } from "./rerank.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual(dualSoftmax(Float32Array.of(2, 0, 2, 0), 2, 2), Float32Array.of(2, 0, 2, 0));
 * ```
 */
export function dualSoftmax(
  similarity: Float32Array,
  rows: number,
  cols: number,
  axis: 0 | 1 = 0,
): Float32Array<ArrayBuffer> {
  checkShape(similarity, rows, cols);
  const [lines, lineStride, length, stride] = axis === 0
    ? [cols, 1, rows, cols]
    : [rows, cols, cols, 1];
  const result = new Float32Array(similarity.length);
  for (let line = 0; line < lines; line++) {
    const at = (i: number): number => line * lineStride + i * stride;
    let largest = -Infinity, sum = 0;
    for (let i = 0; i < length; i++) largest = Math.max(largest, similarity[at(i)]);
    for (let i = 0; i < length; i++) sum += Math.exp(similarity[at(i)] - largest);
    for (let i = 0; i < length; i++) {
      const score = similarity[at(i)];
      result[at(i)] = score * Math.exp(score - largest) / sum * rows;
    }
  }
  return result;
}
