import assert from "node:assert/strict";
import { resizeBicubic } from "../../src/video/resize.ts";
import {
  centerCrop,
  CLIP_MEAN,
  CLIP_STD,
  cropOffset,
  fitFrames,
  type Frames,
  normalizeFrames,
  shortSideSize,
} from "../../src/video/transforms.ts";

/** Frames whose bytes tell frame, row, column and channel apart. */
function counted(n: number, height: number, width: number): Frames {
  const data = Uint8Array.from({ length: n * height * width * 3 }, (_, i) => i * 7 % 251);
  return { data, height, width };
}

Deno.test("cropOffset() rounds halves to the even neighbour", () => {
  const widths = [224, 225, 226, 227, 229, 231, 241, 398];
  assert.deepEqual(widths.map((w) => cropOffset(w, 224)), [0, 0, 1, 2, 2, 4, 8, 87]);
});

Deno.test("centerCrop() cuts every frame at the same place", () => {
  const frames = counted(2, 5, 8), cut = centerCrop(frames, 3);
  const pixel = ({ data, height, width }: Frames, n: number, y: number, x: number) =>
    data.slice(((n * height + y) * width + x) * 3).slice(0, 3);
  for (const [n, y, x] of [[0, 0, 0], [0, 2, 2], [1, 1, 2]]) {
    // (5 - 3) / 2 = 1; (8 - 3) / 2 = 2.5, which rounds to 2.
    assert.deepEqual(pixel(cut, n, y, x), pixel(frames, n, y + 1, x + 2));
  }
});

Deno.test("centerCrop() surrounds a smaller frame with zeros, the odd one at the end", () => {
  const white = { data: new Uint8Array(2 * 1 * 3).fill(255), height: 2, width: 1 };
  const red = centerCrop(white, 4).data.filter((_, i) => i % 3 === 0);
  assert.deepEqual([...red], [0, 0, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0]);
});

Deno.test("resizeBicubic() leaves one colour alone at any size", () => {
  for (const [h, w, toH, toW] of [[1, 1, 5, 7], [37, 53, 24, 34], [3, 200, 3, 1]]) {
    const grey = { data: new Uint8Array(2 * h * w * 3).fill(201), height: h, width: w };
    assert.deepEqual(resizeBicubic(grey, toH, toW), new Uint8Array(2 * toH * toW * 3).fill(201));
  }
});

Deno.test("resizeBicubic() treats rows and columns, and each frame, alike", () => {
  const frames = counted(2, 9, 9);
  const both = resizeBicubic(frames, 5, 5), half = both.length / 2;
  const second = { ...frames, data: frames.data.slice(frames.data.length / 2) };
  assert.deepEqual(both.slice(half), resizeBicubic(second, 5, 5));

  const line = Uint8Array.from({ length: 9 * 3 }, (_, i) => i * 37 % 256);
  const row = resizeBicubic({ data: line, height: 1, width: 9 }, 1, 4);
  const column = resizeBicubic({ data: line, height: 9, width: 1 }, 4, 1);
  assert.deepEqual(row, column);
});

Deno.test("resizeBicubic() clips what the kernel overshoots", () => {
  const edge = Uint8Array.from([0, 0, 0, 255, 255, 255].flatMap((v) => [v, v, v]));
  const red = resizeBicubic({ data: edge, height: 1, width: 6 }, 1, 24).filter((_, i) => i % 3 < 1);
  assert.equal(Math.min(...red), 0);
  assert.equal(Math.max(...red), 255);
  assert.deepEqual(red.map((v) => 255 - v).reverse(), red);
});

Deno.test("shortSideSize() rounds the longer side down", () => {
  assert.deepEqual(shortSideSize(37, 53, 24), { height: 24, width: 34 });
  assert.deepEqual(shortSideSize(70, 31, 16), { height: 36, width: 16 });
  assert.deepEqual(shortSideSize(5, 5, 224), { height: 224, width: 224 });
});

Deno.test("fitFrames() crops a frame whose shorter side fits and resizes any other", () => {
  const fits = counted(1, 4, 9);
  assert.deepEqual(fitFrames(fits, 4), centerCrop(fits, 4));
  const large = counted(1, 10, 15);
  const resized = { data: resizeBicubic(large, 4, 6), height: 4, width: 6 };
  assert.deepEqual(fitFrames(large, 4), centerCrop(resized, 4));
  assert.deepEqual(fitFrames(large, 4, false), centerCrop(large, 4));
});

Deno.test("normalizeFrames() puts channels before pixels", () => {
  const frames = counted(2, 3, 5), out = normalizeFrames(frames);
  for (const [n, c, y, x] of [[0, 0, 0, 0], [0, 2, 2, 4], [1, 1, 1, 3]]) {
    const byte = frames.data[((n * 3 + y) * 5 + x) * 3 + c];
    const want = Math.fround((byte / 255 - CLIP_MEAN[c]) / CLIP_STD[c]);
    assert.equal(out[((n * 3 + c) * 3 + y) * 5 + x], want);
  }
});
