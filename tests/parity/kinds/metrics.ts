/**
 * Retrieval metrics.
 *
 * @module
 */
import {
  dualSoftmax,
  multiSentenceMetrics,
  type RetrievalMetrics,
  retrievalMetrics,
  transpose,
  videoRows,
  videoToTextSimilarity,
} from "../../../mod.ts";
import type { Checks } from "../checks.ts";
import type { Fields } from "../fields.ts";
import type { GoldenCase } from "../golden.ts";
import type { Kinds } from "../kind.ts";
import { parseTolerance, type Tolerance } from "../tolerance.ts";
import { floats } from "../values.ts";

const compat = "reference";

/** Names that the original gives the figures. */
const NAMES: Readonly<Record<string, string>> = {
  MR: "MedianR",
  Std_Rank: "StdRank",
  cols: "ranks",
};

/** Compares every figure that the original gives for one direction. */
function compare(
  checks: Checks,
  ours: RetrievalMetrics,
  expected: Fields,
  direction: string,
  tolerance: Tolerance,
): void {
  for (const key of expected.keys) {
    const value = (ours as unknown as Record<string, number | number[]>)[NAMES[key] ?? key];
    const what = `${direction} ${key}`;
    if (Array.isArray(value)) checks.equal(what, value, expected.numbers(key));
    else checks.close(what, [value], [expected.number(key)], tolerance);
  }
}

async function singleCaption(golden: GoldenCase, checks: Checks): Promise<void> {
  const { shape: [rows, cols], data } = await floats(golden.input("sim"));
  const tolerance = parseTolerance(golden.tolerance, "rates");
  const v2t = transpose(data, rows, cols);
  compare(
    checks,
    retrievalMetrics(data, rows, cols, { compat }),
    golden.entry.object("t2v"),
    "t2v",
    tolerance,
  );
  compare(
    checks,
    retrievalMetrics(v2t, cols, rows, { compat }),
    golden.entry.object("v2t"),
    "v2t",
    tolerance,
  );
}

async function severalCaptions(golden: GoldenCase, checks: Checks): Promise<void> {
  const { data } = await floats(golden.input("sim_sentences_by_videos"));
  const cutOffPoints = golden.params.numbers("cut_off_points");
  const tolerance = parseTolerance(golden.tolerance);
  const { t2v, v2t } = multiSentenceMetrics(data, cutOffPoints, { compat });
  compare(checks, t2v, golden.entry.object("t2v"), "t2v", tolerance);
  compare(checks, v2t, golden.entry.object("v2t"), "v2t", tolerance);
  const best = videoToTextSimilarity(data, cutOffPoints);
  const expected = await floats(golden.output("video_to_text_sim"));
  checks.equal("video_to_text_sim", best, expected.data);
}

async function dualSoftmaxScores(golden: GoldenCase, checks: Checks): Promise<void> {
  const { shape: [rows, cols], data } = await floats(golden.input("sim"));
  const tolerance = parseTolerance(golden.tolerance);
  for (const axis of [0, 1] as const) {
    const name = `dsl_dim${axis}`, expected = await floats(golden.output(name));
    checks.close(name, dualSoftmax(data, rows, cols, axis), expected.data, tolerance);
  }
}

/** The rows of each evaluation batch whose video is encoded: each video's last caption. */
function filteredRows(row: Fields, checks: Checks): void {
  let total = 0;
  const cutOffPoints = row.numbers("captions_per_video").map((count) => total += count);
  const size = row.number("batch_size_val");
  const batches = Array.from(
    { length: Math.ceil(total / size) },
    (_, i) => videoRows(cutOffPoints, i * size, size),
  );
  checks.same("filter_inds_per_batch", batches, row.rows("filter_inds_per_batch"));
}

export const metrics: Kinds = {
  kinds: [
    { function: /\bcompute_metrics$/, run: singleCaption },
    { function: /\btensor_text_to_video_metrics\b/, run: severalCaptions },
    { function: /\bS \* softmax\(S, dim=0\) \* len\(S\)/, run: dualSoftmaxScores },
  ],
  tables: [{
    name: "multi_sentence_filter_inds",
    run: ({ manifest }, checks) =>
      manifest.objects("multi_sentence_filter_inds").forEach((row) => filteredRows(row, checks)),
  }],
};
