import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import { dualSoftmax } from "../../src/retrieval/rerank.ts";
import { transpose } from "../../src/retrieval/metrics.ts";
import { Random } from "../../src/tensor/random.ts";

Deno.test("each score is weighted by its share among the queries", () => {
  const scores = Float32Array.of(Math.log(3), Math.log(2), 0, 0);
  const expected = Float32Array.of(Math.log(3) * 2 * 3 / 4, Math.log(2) * 2 * 2 / 3, 0, 0);
  for (const [i, score] of dualSoftmax(scores, 2, 2).entries()) {
    assert.ok(Math.abs(score - expected[i]) < 1e-6);
  }
});

Deno.test("the weights of a line sum to the number of queries, large scores included", () => {
  const rows = 5, cols = 3, random = new Random(2, [0]);
  const scores = Float32Array.from({ length: rows * cols }, () => 500 + 100 * random.normal());
  for (const axis of [0, 1] as const) {
    const result = dualSoftmax(scores, rows, cols, axis);
    const weights = scores.map((score, i) => result[i] / score);
    const lines = axis === 0 ? transpose(weights, rows, cols) : weights;
    const length = axis === 0 ? rows : cols;
    for (let start = 0; start < lines.length; start += length) {
      const sum = lines.subarray(start, start + length).reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(sum - rows) < 1e-5 * rows);
    }
  }
});

Deno.test("a candidate that every query likes is pushed back", () => {
  // Column 0 is liked by all; query 1 prefers its own answer only after re-ranking.
  const reranked = dualSoftmax(Float32Array.of(9, 1, 5, 4), 2, 2);
  assert.ok(reranked[2] < reranked[3]);
});

Deno.test("the wrong shape is refused", () => {
  assert.throws(() => dualSoftmax(new Float32Array(3), 2, 2), UsageError);
});
