import { deepStrictEqual, match, strictEqual, throws } from "node:assert/strict";
import { clusterPlan, describePlan } from "../../src/centerclip/plan.ts";
import { segmentMask } from "../../src/centerclip/video_mask.ts";
import { UsageError } from "../../src/errors.ts";

const settings = {
  maxFrames: 12,
  targetFrames: [12, 6, 6, 3],
  clusterCounts: [49, 49, 49, 20],
  patches: 49,
};

Deno.test("clusterPlan() reduces where frames or clusters fall, and nowhere else", () => {
  const steps = clusterPlan(settings, 4);
  deepStrictEqual(
    steps.map(({ block, frameDuration, clusters }) => [block, frameDuration, clusters]),
    [
      [1, 2, 49],
      [3, 2, 20],
    ],
  );
  match(describePlan(steps), /before block 2 12 frames to 6 segments of 49 tokens; before block 4/);
  strictEqual(describePlan([]), "token clustering: off");
});

Deno.test("clusterPlan() needs more than one cluster to make any", () => {
  deepStrictEqual(clusterPlan({ ...settings, clusterCounts: [1, 1, 1, 1] }, 4), []);
});

Deno.test("clusterPlan() names the flag that does not fit", () => {
  throws(() => clusterPlan(settings, 12), /target_frames_blocks has 4 numbers/);
  throws(() => clusterPlan({ ...settings, targetFrames: [12, 5, 5, 5] }, 4), UsageError);
  throws(
    () => clusterPlan({ ...settings, clusterCounts: [49, 99, 49, 20] }, 4),
    /cluster_num_blocks: 99 clusters of 98 tokens \(block 2\)/,
  );
  // Tokens that an earlier reduction removed are not there to be clustered again.
  throws(
    () => clusterPlan({ ...settings, clusterCounts: [49, 10, 10, 30] }, 4),
    /30 clusters of 20 tokens \(block 4\)/,
  );
});

Deno.test("a video shorter than a segment counts in its first one, and nowhere in the reference", () => {
  const mask = Float32Array.of(1, 0, 0, 0, 1, 1, 1, 1);
  deepStrictEqual([...segmentMask(mask, 4, 2)], [1, 0, 1, 1]);
  deepStrictEqual([...segmentMask(mask, 4, 2, { compat: "reference" })], [0, 0, 1, 1]);
});
