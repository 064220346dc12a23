import assert from "node:assert/strict";
import {
  multiScaleCropOffsets,
  orderFrames,
  secondwisePositions,
  sliceFrames,
  uniformIndicesTwice,
  videoFrameNumbers,
} from "../../src/compat/frames.ts";

Deno.test("uniformIndicesTwice() adds the beginnings of the parts", () => {
  assert.deepEqual(uniformIndicesTwice(4, 13), [1, 4, 8, 11, 0, 3, 6, 9]);
  assert.deepEqual(uniformIndicesTwice(4, 3), [0, 1, 2, 2]);
});

Deno.test("videoFrameNumbers() counts from the beginning of the video and tells the padding", () => {
  const video = { streamFrames: 13, decodedFrames: 12, fps: 3 };
  const uniform = { rule: "uniform", frames: 4 } as const;
  assert.deepEqual(videoFrameNumbers(uniform, { ...video, start: 3, end: 4 }, 4), {
    numbers: [9, 10, 11, 11],
    length: 3,
  });
  assert.throws(() => videoFrameNumbers(uniform, { ...video, start: 9, end: 11 }, 4), RangeError);
});

Deno.test("orderFrames() keeps, reverses or permutes", () => {
  assert.deepEqual(orderFrames(0, [4, 5, 6]), [4, 5, 6]);
  assert.deepEqual(orderFrames(1, [4, 5, 6]), [6, 5, 4]);
  assert.deepEqual(orderFrames(2, [4, 5, 6], [2, 0, 1]), [6, 4, 5]);
});

Deno.test("sliceFrames() takes the head, the tail or evenly spaced frames", () => {
  assert.deepEqual(sliceFrames(0, 4, 13), [0, 1, 2, 3]);
  assert.deepEqual(sliceFrames(1, 4, 13), [9, 10, 11, 12]);
  assert.deepEqual(sliceFrames(2, 4, 30), [0, 9, 19, 29]);
  assert.deepEqual(sliceFrames(2, 1, 30), [0]);
  assert.deepEqual(sliceFrames(2, 12, 5), [0, 1, 2, 3, 4]);
});

Deno.test("secondwisePositions() spreads positions over every second until the video ends", () => {
  const video = { frameCount: 50, fps: 25 };
  assert.deepEqual(secondwisePositions(video, 3), [0, 8, 16, 25, 33, 41]);
  assert.deepEqual(secondwisePositions({ ...video, start: 1, end: 1000 }, 1), [25]);
  assert.equal(secondwisePositions(video, 0).length, 50);
});

Deno.test("multiScaleCropOffsets() spans the free space in quarters", () => {
  const offsets = multiScaleCropOffsets(340, 256, 224, 224);
  assert.equal(offsets.length, 13);
  assert.deepEqual(offsets[3], [116, 32]);
  assert.deepEqual(offsets[9], [29, 8]);
});
