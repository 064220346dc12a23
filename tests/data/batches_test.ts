import assert from "node:assert/strict";
import { cutBatches } from "../../src/data/batches.ts";
import { Random } from "../../src/tensor/random.ts";

Deno.test("cutBatches() keeps the order and leaves the rest to a shorter batch", () => {
  assert.deepEqual(cutBatches([4, 2, 0, 1, 3], 2), [[4, 2], [0, 1], [3]]);
  assert.deepEqual(cutBatches([1, 0], 5), [[1, 0]]);
  assert.deepEqual(cutBatches([], 5), []);
});

Deno.test("cutBatches() puts what clashes first into the next batch where it does not", () => {
  const key = (sample: number) => "aabbac"[sample];
  assert.deepEqual(cutBatches([0, 1, 2, 3, 4, 5], 2, key), [[0, 2], [1, 3], [4, 5]]);
  assert.deepEqual(cutBatches([0, 1, 4], 2, key), [[0], [1], [4]]);
});

Deno.test("cutBatches() never repeats a key and loses nothing, whatever the keys", () => {
  const random = new Random(5, [0]);
  for (let round = 0; round < 200; round++) {
    const n = 1 + random.integer(60), size = 1 + random.integer(9), kinds = 1 + random.integer(20);
    const keys = Array.from({ length: n }, () => `${random.integer(kinds)}`);
    const batches = cutBatches(random.permutation(n), size, (sample) => keys[sample]);
    for (const batch of batches) {
      assert.ok(batch.length >= 1 && batch.length <= size);
      assert.equal(new Set(batch.map((sample) => keys[sample])).size, batch.length);
    }
    assert.deepEqual(batches.flat().sort((a, b) => a - b), Array.from(keys, (_, i) => i));
  }
});
