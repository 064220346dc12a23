import assert from "node:assert/strict";
import { referenceMultiSentenceMetrics } from "../../src/compat/metrics.ts";
import { retrievalMetrics } from "../../src/retrieval/metrics.ts";
import { multiSentenceMetrics } from "../../src/retrieval/multi_sentence.ts";
import { Random } from "../../src/tensor/random.ts";

const compat = "reference";

Deno.test("without ties the reference's figures are the default ones", () => {
  const n = 31;
  const scores = Float32Array.from(new Random(1, [0]).permutation(n * n));
  assert.deepEqual(retrievalMetrics(scores, n, n, { compat }), retrievalMetrics(scores, n, n));
});

Deno.test("the reference counts every tied position", () => {
  const metrics = retrievalMetrics(new Float32Array(36).fill(0.5), 6, 6, { compat });
  assert.equal(metrics.ranks.length, 36);
  assert.deepEqual(metrics.ranks.slice(0, 7), [0, 1, 2, 3, 4, 5, 0]);
  assert.equal(metrics.R1, 100 / 6);
  assert.equal(metrics.MedianR, 3.5);
});

Deno.test("the reference drops a query whose own score is NaN or infinite", () => {
  const scores = Float32Array.of(NaN, 1, 0, 0, Infinity, 2, 3, 1, 4);
  assert.deepEqual(retrievalMetrics(scores, 3, 3, { compat }).ranks, [0]);
});

Deno.test("with several captions a tie goes to the first video and the median is the lower one", () => {
  const scores = Float32Array.of(1, 1, 0, 1, 1, 2, 3, 1);
  const { t2v } = multiSentenceMetrics(scores, [2, 4], { compat });
  assert.deepEqual(t2v.ranks, [0, 1, 0, 1]);
  assert.equal(t2v.MedianR, 1);
  assert.equal(t2v.MeanR, 1.5);
  assert.equal(referenceMultiSentenceMetrics(scores, [2, 4]).t2v.StdRank, 0.5);
});

Deno.test("the reference rounds recalls over captions to single precision", () => {
  const scores = Float32Array.of(1, 0, 1, 0, 1, 0);
  const { t2v } = multiSentenceMetrics(scores, [2, 3], { compat });
  assert.equal(t2v.R1, Math.fround(200 / 3));
  assert.notEqual(t2v.R1, 200 / 3);
});
