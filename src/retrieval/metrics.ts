/**
 * Recall at K, median rank and mean rank: the figures of text-video retrieval.
 *
 * The rank of the right answer is the number of others that are not scored *below* it. So an answer
 * that ties with the right one counts as ahead of it: a model that scores everything alike gets no
 * credit for it, and the order in which equal scores happen to be sorted has no say. The reference
 * counts each tied position as a query of its own; `compat: "reference"` does the same.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { referenceRetrievalMetrics } from "../compat/metrics.ts";
import {
  checkShape,
  countNaN,
  metricsOfRanks,
  ranksOf,
  type RetrievalFigures,
  type RetrievalMetrics,
} from "./ranks.ts";

export {
  type BidirectionalMetrics,
  type RetrievalFigures,
  type RetrievalMetrics,
  transpose,
} from "./ranks.ts";

/** Whose rules decide where the reference is at fault. */
export interface MetricsOptions {
  /** `"reference"` for the original's treatment of ties. */
  readonly compat?: "reference";
}

/**
 * How well each row's query finds the column of the same number. For the other direction pass the
 * {@link transpose}.
 *
 * @param similarity Scores, row-major [rows, cols], with rows ≤ cols.
 * @throws UsageError where the shape is wrong.
 *
 * @example The second query's answer ties with another: it is second, not first.
 * ```ts
 * import { retrievalMetrics } from "./metrics.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * const metrics = retrievalMetrics(Float32Array.of(0.9, 0.1, 0.5, 0.5), 2, 2);
 * deepStrictEqual(metrics.ranks, [0, 1]);
 * deepStrictEqual([metrics.R1, metrics.R5, metrics.MeanR], [50, 100, 1.5]);
 * ```
 */
export function retrievalMetrics(
  similarity: Float32Array,
  rows: number,
  cols: number,
  { compat }: MetricsOptions = {},
): RetrievalMetrics {
  checkShape(similarity, rows, cols);
  if (rows > cols) throw new UsageError(`${rows} queries, but only ${cols} candidates`);
  if (compat) return referenceRetrievalMetrics(similarity, rows, cols);
  return metricsOfRanks(ranksOf(similarity, rows, cols, (row) => row), cols, countNaN(similarity));
}

/** One direction as the log shows it. */
function formatLine(metrics: RetrievalFigures, prefix: string): string {
  const figures: [name: string, value: number][] = [
    ["R@1", metrics.R1],
    ["R@5", metrics.R5],
    ["R@10", metrics.R10],
    ["Median R", metrics.MedianR],
    ["Mean R", metrics.MeanR],
  ];
  const text = figures.map(([name, value]) => `${prefix}${name}: ${oneDecimal(value)}`);
  return ` (metric) >>>  ${text.join(" - ")}`;
}

/** One decimal, halves to even, as Python prints it; `toFixed` rounds them up. */
function oneDecimal(value: number): string {
  // Only odd multiples of a quarter lie exactly between two decimals.
  const tie = Math.abs(value * 4 % 2) === 1;
  return (tie ? 2 * Math.round(value * 5) / 10 : value).toFixed(1);
}

/**
 * The four lines that the log shows after an evaluation, in the reference's form.
 *
 * @example
 * ```ts
 * import { formatMetrics, retrievalMetrics } from "./metrics.ts";
 * import { equal } from "node:assert/strict";
 * const one = retrievalMetrics(Float32Array.of(1), 1, 1);
 * equal(
 *   formatMetrics({ t2v: one, v2t: one })[1],
 *   " (metric) >>>  R@1: 100.0 - R@5: 100.0 - R@10: 100.0 - Median R: 1.0 - Mean R: 1.0",
 * );
 * ```
 */
export function formatMetrics({ t2v, v2t }: Record<"t2v" | "v2t", RetrievalFigures>): string[] {
  return ["Text-to-Video:", formatLine(t2v, ""), "Video-to-Text:", formatLine(v2t, "V2T$")];
}
