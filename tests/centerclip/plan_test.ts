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
});

Deno.test("describePlan() says whether tokens are clustered, how and where", () => {
  strictEqual(describePlan([]), "token clustering: off");
  strictEqual(
    describePlan(clusterPlan(settings, 4), "kmediods++"),
    "token clustering: kmediods++, before block 2 12 frames to 6 segments of 49 tokens; " +
      "before block 4 6 frames to 3 segments of 20 tokens",
  );
  const shifts = clusterPlan({ ...settings, algorithm: "token_shift" }, 4);
  strictEqual(
    describePlan(shifts, "token_shift"),
    "token clustering: token_shift, before block 2 12 frames exchange channels; " +
      "before block 4 12 frames exchange channels",
  );
  match(describePlan([], "pooling"), /pooling, before no block: the lists reduce nothing/);
});

Deno.test("clusterPlan() keeps every frame and token under a shift, divisible or not", () => {
  const steps = clusterPlan({
    maxFrames: 60,
    targetFrames: [11, 11, 11],
    clusterCounts: [55, 54, 54],
    patches: 49,
    algorithm: "temporal_shift",
  }, 3);
  const kept = { frames: 60, targetFrames: 60, frameDuration: 1, patches: 49, clusters: 49 };
  deepStrictEqual(steps, [{ block: 0, ...kept }, { block: 1, ...kept }]);
});

Deno.test("clusterPlan() keeps the tokens of a frame when it pools frames", () => {
  const pooled = clusterPlan(
    { ...settings, clusterCounts: [99, 99, 99, 2], algorithm: "pooling" },
    4,
  );
  deepStrictEqual(pooled.map(({ frames, clusters }) => [frames, clusters]), [[12, 49], [6, 49]]);
});

Deno.test("clusterPlan() takes DeepCluster's list of frames without those of the video before it", () => {
  const lists = { ...settings, algorithm: "deep_cluster" } as const;
  deepStrictEqual(clusterPlan(lists, 4).map(({ block }) => block), [1, 3]);
  const early = { ...lists, targetFrames: [6, 6, 6, 3] };
  throws(() => clusterPlan(early, 4), /12 frames do not divide into 3 segments \(block 4\)/);
});

Deno.test("clusterPlan() refuses lists whose frames were not reduced where they fell", () => {
  const lists = { ...settings, targetFrames: [6, 6, 6, 3], clusterCounts: [1, 1, 1, 20] };
  throws(() => clusterPlan(lists, 4), UsageError);
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
