import assert from "node:assert/strict";
import { decode } from "npm:fast-png@8.0.0";
import { coverPatches, eachFrame, patchColumns, png } from "../../src/video/png.ts";

/** Frames whose every byte differs from its neighbours. */
function frames(n: number, height: number, width: number) {
  const data = Uint8Array.from({ length: n * height * width * 3 }, (_, i) => i * 7 % 251);
  return { data, height, width };
}

Deno.test("a frame comes back from its PNG as it was", () => {
  const three = frames(3, 5, 4);
  const back = eachFrame(three).map((frame) => decode(png(frame)));
  assert.deepEqual(back.map(({ width, height, channels }) => [width, height, channels]), [
    ...[[4, 5, 3], [4, 5, 3], [4, 5, 3]],
  ]);
  assert.deepEqual(back.flatMap(({ data }) => [...data]), [...three.data]);
});

Deno.test("patchColumns() goes down each column, and drops what is left over", () => {
  const frame = frames(1, 5, 7), size = 2;
  const patches = patchColumns(frame, size);
  assert.equal(patches.length, 6);
  const pixel = (x: number, y: number) => [...frame.data.subarray((y * 7 + x) * 3).subarray(0, 3)];
  patches.forEach(({ data, height, width }, n) => {
    const x = Math.floor(n / 2) * size, y = n % 2 * size;
    assert.deepEqual([height, width], [size, size]);
    const expected = [pixel(x, y), pixel(x + 1, y), pixel(x, y + 1), pixel(x + 1, y + 1)];
    assert.deepEqual([...data], expected.flat());
  });
});

Deno.test("coverPatches() greys what is not kept, as Pillow would, and leaves the frame alone", () => {
  const frame = frames(1, 4, 6), before = frame.data.slice();
  const covered = coverPatches(frame, 2, new Set([1, 3]));
  assert.deepEqual(frame.data, before);
  for (let y = 0; y < 4; y++) {
    for (let x = 0; x < 6; x++) {
      const kept = (y < 2 && x >= 2 && x < 4) || (y >= 2 && x < 2);
      for (let c = 0; c < 3; c++) {
        const i = (y * 6 + x) * 3 + c, mixed = (frame.data[i] * 85 + 192 * 170) / 255;
        const off = Math.abs(covered.data[i] - (kept ? frame.data[i] : mixed));
        assert.ok(off <= (kept ? 0 : 0.5), `${x},${y}: ${covered.data[i]}`);
      }
    }
  }
});
