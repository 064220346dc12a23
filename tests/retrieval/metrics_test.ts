import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import { formatMetrics, retrievalMetrics, transpose } from "../../src/retrieval/metrics.ts";
import { Random } from "../../src/tensor/random.ts";

/** Scores that are all different. */
function distinctScores(n: number, seed: number): Float32Array {
  return Float32Array.from(new Random(seed, [0]).permutation(n * n));
}

Deno.test("ranks, recalls, median and mean are those worked out by hand", () => {
  // deno-fmt-ignore
  const scores = Float32Array.of(
    9, 1, 2, 3,
    8, 7, 6, 5,
    4, 3, 2, 1,
    9, 8, 7, 6, // down the columns, 9 and 2 tie
  );
  const metrics = retrievalMetrics(scores, 4, 4);
  assert.deepEqual(metrics, {
    R1: 25,
    R5: 100,
    R10: 100,
    MedianR: 2.5,
    MeanR: 2.5,
    ranks: [0, 1, 2, 3],
    nan: 0,
  });
  assert.deepEqual(retrievalMetrics(transpose(scores, 4, 4), 4, 4).ranks, [1, 1, 3, 0]);
});

Deno.test("each figure agrees with a sort, whatever the number of candidates", () => {
  for (const n of [1, 3, 31, 33, 127]) {
    const scores = distinctScores(n, n);
    const { ranks, R1, R5, R10, MedianR, MeanR } = retrievalMetrics(scores, n, n);
    const sorted = Array.from({ length: n }, (_, row) => {
      const line = Array.from(scores.subarray(row * n, (row + 1) * n));
      return line.toSorted((a, b) => b - a).indexOf(line[row]);
    });
    assert.deepEqual(ranks, sorted);
    const within = (k: number) => 100 * sorted.filter((rank) => rank < k).length / n;
    assert.deepEqual([R1, R5, R10], [within(1), within(5), within(10)]);
    assert.ok(MedianR >= 1 && MedianR <= n && MeanR >= 1 && MeanR <= n);
  }
});

Deno.test("ties count against the right answer, and each query counts once", () => {
  const metrics = retrievalMetrics(new Float32Array(36).fill(0.5), 6, 6);
  assert.deepEqual(metrics.ranks, [5, 5, 5, 5, 5, 5]);
  assert.equal(metrics.R5, 0);
  assert.equal(metrics.MeanR, 6);
});

Deno.test("renumbering the pairs changes no figure, with ties or without", () => {
  const n = 33, random = new Random(5, [1]);
  const scores = Float32Array.from({ length: n * n }, () => random.integer(7));
  const order = random.permutation(n);
  const shuffled = new Float32Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) shuffled[i * n + j] = scores[order[i] * n + order[j]];
  }
  const { ranks, ...figures } = retrievalMetrics(scores, n, n);
  const { ranks: shuffledRanks, ...shuffledFigures } = retrievalMetrics(shuffled, n, n);
  assert.deepEqual(shuffledFigures, figures);
  assert.deepEqual(shuffledRanks, Array.from(order, (i) => ranks[i]));
});

Deno.test("a NaN is never a hit and is counted", () => {
  const nothing = retrievalMetrics(new Float32Array(9).fill(NaN), 3, 3);
  assert.deepEqual([nothing.R1, nothing.R5, nothing.R10, nothing.nan], [0, 0, 0, 9]);
  assert.deepEqual(nothing.ranks, [3, 3, 3]);
  const one = retrievalMetrics(Float32Array.of(1, NaN, 0, 2), 2, 2);
  assert.deepEqual([one.ranks, one.nan], [[1, 0], 1]);
});

Deno.test("infinite scores rank like others", () => {
  const metrics = retrievalMetrics(Float32Array.of(Infinity, 1, 2, -Infinity), 2, 2);
  assert.deepEqual(metrics.ranks, [0, 1]);
});

Deno.test("more candidates than queries are allowed, fewer are not", () => {
  assert.deepEqual(retrievalMetrics(Float32Array.of(1, 2, 3), 1, 3).ranks, [2]);
  assert.throws(() => retrievalMetrics(Float32Array.of(1, 2, 3), 3, 1), UsageError);
  assert.throws(() => retrievalMetrics(Float32Array.of(1, 2, 3), 2, 2), UsageError);
  assert.throws(() => retrievalMetrics(new Float32Array(0), 0, 0), UsageError);
});

Deno.test("the log shows both directions with one decimal", () => {
  const t2v = retrievalMetrics(Float32Array.of(3, 1, 2, 0, 5, 1, 9, 9, 1), 3, 3);
  const v2t = retrievalMetrics(Float32Array.of(1, 0, 0, 1), 2, 2);
  assert.deepEqual(formatMetrics({ t2v, v2t }), [
    "Text-to-Video:",
    " (metric) >>>  R@1: 66.7 - R@5: 100.0 - R@10: 100.0 - Median R: 1.0 - Mean R: 1.7",
    "Video-to-Text:",
    " (metric) >>>  V2T$R@1: 100.0 - V2T$R@5: 100.0 - V2T$R@10: 100.0 - V2T$Median R: 1.0 - " +
    "V2T$Mean R: 1.0",
  ]);
});

Deno.test("a mean rank half way between two decimals is written with the even one", () => {
  const perfect = retrievalMetrics(Float32Array.of(1), 1, 1);
  const written = (MeanR: number) =>
    formatMetrics({ t2v: { ...perfect, MeanR }, v2t: perfect })[1].split("Mean R: ")[1];
  assert.deepEqual([1.25, 1.75, 2.25, 1.35, 10.5].map(written), [
    "1.2",
    "1.8",
    "2.2",
    "1.4",
    "10.5",
  ]);
});
