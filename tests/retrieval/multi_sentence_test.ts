import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import { retrievalMetrics, transpose } from "../../src/retrieval/metrics.ts";
import { multiSentenceMetrics } from "../../src/retrieval/multi_sentence.ts";
import {
  videoRows,
  videosOfSentences,
  videoToTextSimilarity,
} from "../../src/retrieval/sentences.ts";
import { Random } from "../../src/tensor/random.ts";

Deno.test("text to video ranks each caption, video to text each video's best caption", () => {
  // deno-fmt-ignore
  const scores = Float32Array.of(
    5, 9, 1, // a caption of video 0
    7, 2, 3, // video 0
    4, 6, 5, // video 1
    8, 1, 2, // video 2
    1, 3, 9, // video 2
  );
  const { t2v, v2t } = multiSentenceMetrics(scores, [2, 3, 5]);
  assert.deepEqual(t2v.ranks, [1, 0, 0, 1, 0]);
  assert.deepEqual([...videoToTextSimilarity(scores, [2, 3, 5])], [7, 4, 8, 9, 6, 3, 3, 5, 9]);
  assert.deepEqual(v2t.ranks, [1, 1, 0]);
  assert.equal(t2v.R1, 60);
});

Deno.test("with one caption a video it is plain retrieval in both directions", () => {
  const n = 31, random = new Random(3, [0]);
  const scores = Float32Array.from({ length: n * n }, () => random.integer(9));
  const points = Array.from({ length: n }, (_, i) => i + 1);
  assert.deepEqual(multiSentenceMetrics(scores, points), {
    t2v: retrievalMetrics(scores, n, n),
    v2t: retrievalMetrics(transpose(scores, n, n), n, n),
  });
});

Deno.test("batches of any size name each video once, at its last caption", () => {
  const points = [2, 4, 6, 13];
  for (const batch of [1, 3, 4, 13, 20]) {
    const rows: number[] = [];
    for (let start = 0; start < 13; start += batch) {
      const count = Math.min(batch, 13 - start);
      rows.push(...videoRows(points, start, count).map((row) => start + row));
    }
    assert.deepEqual(rows, [1, 3, 5, 12]);
  }
  assert.deepEqual(videosOfSentences([2, 3, 6]), [0, 0, 1, 2, 2, 2]);
});

Deno.test("a NaN among a video's captions is counted and spoils that video only", () => {
  const { t2v, v2t } = multiSentenceMetrics(Float32Array.of(NaN, 0, 1, 0, 0, 1), [2, 3]);
  assert.deepEqual([t2v.ranks, t2v.nan], [[2, 0, 0], 1]);
  assert.deepEqual([v2t.ranks, v2t.nan], [[2, 0], 1]);
});

Deno.test("cut-off points that do not fit the scores are refused", () => {
  const scores = new Float32Array(6);
  for (const points of [[], [3], [2, 2], [0, 3], [3, 2], [1, 2, 3]]) {
    assert.throws(() => multiSentenceMetrics(scores, points), UsageError, `${points}`);
  }
});
