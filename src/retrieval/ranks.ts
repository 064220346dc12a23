/**
 * Ranks and the figures that follow from them; what every kind of retrieval evaluation shares.
 *
 * @module
 */
import { UsageError } from "../errors.ts";

/** How well the right answers were found. */
export interface RetrievalMetrics {
  /** Percentage of queries whose right answer comes first. */
  readonly R1: number;
  /** Percentage of queries whose right answer is among the first 5. */
  readonly R5: number;
  /** Percentage of queries whose right answer is among the first 10. */
  readonly R10: number;
  /** Median rank, counted from 1; of an even number it is the mean of two. */
  readonly MedianR: number;
  /** Mean rank, counted from 1. */
  readonly MeanR: number;
  /**
   * Rank of each query's right answer, counted from 0. It is the number of candidates, one beyond the
   * last rank, where the right answer's score is NaN: that is never a hit.
   */
  readonly ranks: readonly number[];
  /** Scores that are NaN, of all that were compared: more than 0 says that the model has failed. */
  readonly nan: number;
}

/** The five figures that are reported, without every single rank. */
export type RetrievalFigures = Pick<RetrievalMetrics, "R1" | "R5" | "R10" | "MedianR" | "MeanR">;

/** Both directions of retrieval. */
export interface BidirectionalMetrics {
  /** Text to video. */
  readonly t2v: RetrievalMetrics;
  /** Video to text. */
  readonly v2t: RetrievalMetrics;
}

/**
 * The rank of each row's right answer, as {@link RetrievalMetrics.ranks} describes it.
 *
 * @param similarity Scores, row-major [rows, cols]: one row a query, one column a candidate.
 * @param answer Column of the right answer of a row.
 */
export function ranksOf(
  similarity: Float32Array,
  rows: number,
  cols: number,
  answer: (row: number) => number,
): number[] {
  return Array.from({ length: rows }, (_, row) => {
    const scores = similarity.subarray(row * cols, (row + 1) * cols);
    const own = scores[answer(row)];
    if (Number.isNaN(own)) return cols;
    let rank = -1; // The right answer is not below itself.
    for (const score of scores) if (!(score < own)) rank++;
    return rank;
  });
}

/**
 * The figures that follow from ranks.
 *
 * @param ranks Ranks counted from 0.
 * @param candidates Number of candidates; a rank that reaches it is no hit.
 * @param nan Number of scores that are NaN.
 */
export function metricsOfRanks(
  ranks: readonly number[],
  candidates: number,
  nan: number,
): RetrievalMetrics {
  const recall = (k: number): number => {
    const hits = ranks.filter((rank) => rank < Math.min(k, candidates)).length;
    return 100 * hits / ranks.length;
  };
  const mean = ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length;
  return {
    R1: recall(1),
    R5: recall(5),
    R10: recall(10),
    MedianR: median(ranks) + 1,
    MeanR: mean + 1,
    ranks,
    nan,
  };
}

/** The middle value, or the mean of the two middle ones; NaN of no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** How many values are NaN. */
export function countNaN(values: Float32Array): number {
  return values.reduce((count, value) => count + (Number.isNaN(value) ? 1 : 0), 0);
}

/** The matrix [rows, cols] as [cols, rows]. */
export function transpose(
  matrix: Float32Array,
  rows: number,
  cols: number,
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) result[col * rows + row] = matrix[row * cols + col];
  }
  return result;
}

/** @throws UsageError where the scores are not a matrix of this shape with at least one row. */
export function checkShape(similarity: Float32Array, rows: number, cols: number): void {
  if (rows >= 1 && cols >= 1 && similarity.length === rows * cols) return;
  throw new UsageError(
    `a similarity matrix of ${rows} x ${cols} cannot have ${similarity.length} entries`,
  );
}
