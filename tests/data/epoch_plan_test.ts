import assert from "node:assert/strict";
import { planEpoch, type PlanOptions } from "../../src/data/epoch_plan.ts";

const training = { seed: 4, batchSize: 3, training: true, shuffle: true, dropLast: true };
const evaluation = { ...training, training: false, shuffle: false, dropLast: false };

/** The plan of every process. */
function plans(
  length: number,
  world: number,
  options: Omit<PlanOptions, "rank" | "world">,
  { epoch = 0, cutOffPoints, key }: {
    epoch?: number;
    cutOffPoints?: number[];
    key?: (sample: number) => string;
  } = {},
): number[][][] {
  return Array.from(
    { length: world },
    (_, rank) => planEpoch({ length, cutOffPoints }, { ...options, rank, world }, epoch, key),
  );
}

const range = (length: number) => Array.from({ length }, (_, i) => i);

Deno.test("processes share the order of one, in turns, and have equally many samples", () => {
  for (const [length, world] of [[12, 2], [13, 4], [7, 3], [3, 5]]) {
    const options = { ...training, batchSize: 1, dropLast: false };
    const [order] = plans(length, 1, options).map((plan) => plan.flat());
    const shares = plans(length, world, options).map((plan) => plan.flat());
    const size = Math.ceil(length / world);
    for (const [rank, share] of shares.entries()) {
      const expected = range(size).map((i) => order[(rank + i * world) % length]);
      assert.deepEqual(share, expected, `${length} ${world} ${rank}`);
    }
    assert.deepEqual([...new Set(shares.flat())].sort((a, b) => a - b), range(length));
  }
});

Deno.test("an epoch's shares are drawn anew from the seed and the epoch", () => {
  const flat = (options: typeof training, epoch: number) =>
    plans(40, 2, options, { epoch }).flat(2).join();
  assert.equal(flat(training, 1), flat(training, 1));
  assert.notEqual(flat(training, 1), flat(training, 2));
  assert.notEqual(flat(training, 1), flat({ ...training, seed: 5 }, 1));
});

Deno.test("all processes take the same number of full batches, with clashes too", () => {
  const key = (sample: number) => `${sample % 4 === 0 ? 0 : sample}`;
  for (const options of [{}, { key }]) {
    for (const epoch of range(5)) {
      const all = plans(31, 4, training, { epoch, ...options });
      assert.equal(new Set(all.map((plan) => plan.length)).size, 1);
      assert.ok(all[0].length > 0);
      for (const batch of all.flat()) {
        assert.equal(batch.length, 3);
        if (options.key) assert.equal(new Set(batch.map(options.key)).size, 3);
      }
    }
  }
});

Deno.test("an evaluation's shares follow each other without overlap, each with whole videos", () => {
  for (const [length, world] of [[12, 2], [13, 4], [3, 5]]) {
    assert.deepEqual(plans(length, world, evaluation).flat(2), range(length));
  }
  const cutOffPoints = [3, 4, 9, 10, 12];
  const shares = plans(12, 2, evaluation, { cutOffPoints });
  assert.deepEqual(shares, [[[0, 1, 2], [3]], [[4, 5, 6], [7, 8, 9], [10, 11]]]);
  assert.deepEqual(plans(12, 9, evaluation, { cutOffPoints }).flat(2), range(12));
});
