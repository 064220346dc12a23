import assert from "node:assert/strict";
import {
  chooseFrames,
  clipRange,
  segmentIndices,
  uniformIndices,
} from "../../src/video/sampling.ts";

Deno.test("uniformIndices() takes the middle of each part, computed in double precision", () => {
  assert.deepEqual(uniformIndices(4, 61), [7, 22, 38, 53]);
  assert.deepEqual(uniformIndices(12, 59), [2, 7, 12, 17, 22, 27, 31, 36, 41, 46, 51, 56]);
  assert.deepEqual(uniformIndices(1, 9), [4]);
});

Deno.test("uniformIndices() repeats the last frame of a clip that is too short", () => {
  assert.deepEqual(uniformIndices(4, 4), [0, 1, 2, 3]);
  assert.deepEqual(uniformIndices(4, 3), [0, 1, 2, 2]);
  assert.deepEqual(uniformIndices(4, 1), [0, 0, 0, 0]);
});

Deno.test("segmentIndices() draws once from every segment and never from the remainder", () => {
  const bounds: number[] = [];
  const last = (n: number) => (bounds.push(n), n - 1);
  assert.deepEqual(segmentIndices(4, 23, last), [4, 9, 14, 19]);
  assert.deepEqual(bounds, [5, 5, 5, 5]);
  assert.deepEqual(segmentIndices(4, 23, () => 0), [0, 5, 10, 15]);
});

Deno.test("segmentIndices() draws nothing where the clip is shorter than the segments", () => {
  const never = () => assert.fail("no draw expected");
  assert.deepEqual(segmentIndices(5, 3, never), [0, 1, 2, 2, 2]);
});

Deno.test("chooseFrames() with one seed and stream gives the same frames again", () => {
  const choice = { rule: "segments", frames: 12, seed: 7, stream: [1, 2, 3] } as const;
  const first = chooseFrames(choice, 500);
  assert.deepEqual(chooseFrames(choice, 500), first);
  assert.notDeepEqual(chooseFrames({ ...choice, stream: [1, 2, 4] }, 500), first);
  first.forEach((frame, i) => assert.ok(frame >= i * 41 && frame < (i + 1) * 41));
});

Deno.test("chooseFrames() takes a clip of at most allUpTo frames whole", () => {
  const choice = { rule: "uniform", frames: 2, allUpTo: 5 } as const;
  assert.deepEqual(chooseFrames(choice, 5), [0, 1, 2, 3, 4]);
  assert.deepEqual(chooseFrames(choice, 6), [1, 4]);
  assert.deepEqual(chooseFrames({ rule: "all" }, 3), [0, 1, 2]);
});

Deno.test("clipRange() includes both ends and rounds them down to a frame", () => {
  assert.deepEqual(clipRange({ decoded: 250, fps: 25 }, 3, 4), { first: 75, count: 26 });
  assert.deepEqual(clipRange({ decoded: 91, fps: 29.97 }, 3, 4), { first: 89, count: 2 });
  assert.deepEqual(clipRange({ decoded: 91, fps: 29.97 }), { first: 0, count: 91 });
});

Deno.test("clipRange() ends with the video, and finds nothing beyond it", () => {
  assert.deepEqual(clipRange({ decoded: 30, fps: 3 }, 0, 1000), { first: 0, count: 30 });
  assert.deepEqual(clipRange({ decoded: 30, fps: 3 }, 9.9, 1000), { first: 29, count: 1 });
  assert.equal(clipRange({ decoded: 30, fps: 3 }, 10, 20).count, 0);
  assert.equal(clipRange({ decoded: 30, fps: 3 }, 5, 4).count, 0);
});

Deno.test("clipRange() never counts more frames than the container declares", () => {
  assert.equal(clipRange({ decoded: 31, declared: 30, fps: 3 }).count, 30);
  assert.equal(clipRange({ decoded: 28, declared: 30, fps: 3 }).count, 28);
});
