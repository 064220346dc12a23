import { deepStrictEqual, throws } from "node:assert/strict";
import { extractPatches, normalizeFrames } from "../../src/ops/patches.ts";
import { CLIP_MEAN, CLIP_STD, cropOffset } from "../../src/ops/pixels.ts";
import { Random } from "../../src/tensor/random.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { checkOp, close, normals } from "../oracle/check.ts";

function randomBytes(n: number): Uint8Array<ArrayBuffer> {
  const random = new Random(3, [0xb17e]);
  return Uint8Array.from({ length: n }, () => random.integer(256));
}

/** Frames in any layout, read by `pixel`, to patches: by patch, channel, row, column. */
function oracle(
  count: number,
  patch: number,
  size: number,
  pixel: (frame: number, channel: number, row: number, column: number) => number,
): number[] {
  const y: number[] = [], grid = size / patch;
  for (let f = 0; f < count; f++) {
    for (let p = 0; p < grid * grid; p++) {
      for (let c = 0; c < 3; c++) {
        for (let i = 0; i < patch * patch; i++) {
          const row = Math.floor(p / grid) * patch + Math.floor(i / patch);
          y.push(pixel(f, c, row, p % grid * patch + i % patch));
        }
      }
    }
  }
  return y;
}

/** Reads the centre crop of RGB bytes, normalised. */
function cropped(bytes: Uint8Array, height: number, width: number, size: number) {
  const top = cropOffset(height, size), left = cropOffset(width, size);
  return (f: number, c: number, row: number, column: number) => {
    const y = row + top, x = column + left;
    const inside = y >= 0 && y < height && x >= 0 && x < width;
    const byte = inside ? bytes[((f * height + y) * width + x) * 3 + c] : 0;
    return (byte / 255 - CLIP_MEAN[c]) / CLIP_STD[c];
  };
}

for (
  const [shape, patch, size] of [
    [[2, 32, 32, 3], 8, 32],
    [[3, 37, 45, 3], 8, 32],
    [[1, 64, 35, 3], 16, 32],
    [[2, 29, 50, 3], 8, 32],
    [[1, 7, 5, 3], 3, 12],
    [[1, 1, 1, 3], 1, 1],
    [[0, 40, 40, 3], 8, 32],
  ] as const
) {
  const [n, height, width] = shape;
  Deno.test(`extractPatches() of bytes [${shape}] by ${patch} of ${size}`, async () => {
    using _scope = new Scope(device);
    const bytes = randomBytes(n * height * width * 3);
    const patches = extractPatches(tensor(device, bytes, shape), { patch, size });
    deepStrictEqual(patches.shape, [n, (size / patch) ** 2, 3 * patch * patch]);
    const expected = oracle(n, patch, size, cropped(bytes, height, width, size));
    close(await patches.data() as Float32Array, expected, 3e-7, "patches");
  });
}

Deno.test("extractPatches() of normalised frames only moves elements", async () => {
  for (const [on, n, patch, size] of [[device, 2, 8, 32], [twoGroups, 3, 4, 28]] as const) {
    using _scope = new Scope(on);
    const frames = normals(n * 3 * size * size, 1);
    const patches = extractPatches(tensor(on, frames, [n, 3, size, size]), { patch, size });
    const plane = size * size;
    const expected = oracle(
      n,
      patch,
      size,
      (f, c, row, column) => frames[(f * 3 + c) * plane + row * size + column],
    );
    deepStrictEqual([...await patches.data()], expected);
  }
});

for (const [videos, perVideo, patch, size] of [[1, 1, 4, 8], [2, 3, 4, 8], [1, 5, 3, 9]]) {
  Deno.test(`extractPatches() over three frames of ${videos} videos of ${perVideo}, and its gradient`, async () => {
    using _scope = new Scope(device);
    const n = videos * perVideo, plane = size * size;
    const options = { patch, size, taps: 3, frames: perVideo };
    /** Where an element of a frame, or of one beside it, lies: undefined beyond the video. */
    const at = (f: number, tap: number, c: number, row: number, column: number) => {
      const within = f % perVideo + tap - 1;
      if (within < 0 || within >= perVideo) return undefined;
      return ((f + tap - 1) * 3 + c) * plane + row * size + column;
    };
    const spanned = (x: Float64Array) => {
      const taps = [0, 1, 2].map((tap) =>
        oracle(n, patch, size, (f, c, row, column) => x[at(f, tap, c, row, column)!] ?? 0)
      );
      // From [tap][row of patches][channel, ...] to [row of patches][channel][tap, ...].
      const area = patch * patch;
      return Array.from({ length: n * plane * 9 / area }, (_, i) => {
        const tile = Math.floor(i / 9), channel = Math.floor(i % 9 / 3);
        const begin = (tile * 3 + channel) * area;
        return taps[i % 3].slice(begin, begin + area);
      }).flat();
    };
    await checkOp({
      device,
      inputs: [[n, 3, size, size]],
      run: (x) => extractPatches(x, options),
      oracle: spanned,
    });
    const bytes = randomBytes(n * (size + 3) * size * 3);
    const frames = tensor(device, bytes, [n, size + 3, size, 3]);
    const planes = normalizeFrames(frames, { size });
    const [found, expected] = await Promise.all(
      [frames, planes].map((x) => extractPatches(x, options).data()),
    );
    deepStrictEqual(found, expected);
  });
}

Deno.test("normalizeFrames() crops to planes and leaves no second tensor behind", async () => {
  const [n, height, width, size] = [2, 41, 31, 33];
  const bytes = randomBytes(n * height * width * 3);
  using frames = tensor(device, bytes, [n, height, width, 3]);
  const { buffers } = device.memory;
  {
    using planes = normalizeFrames(frames, { size });
    deepStrictEqual(planes.shape, [n, 3, size, size]);
    const expected = oracle(n, size, size, cropped(bytes, height, width, size));
    close(await planes.data() as Float32Array, expected, 3e-7, "planes");
  }
  deepStrictEqual(device.memory.buffers, buffers);
});

Deno.test("extractPatches() refuses other shapes", () => {
  using _scope = new Scope(device);
  const bytes = tensor(device, new Uint8Array(48), [1, 4, 4, 3]);
  const planes = tensor(device, new Float32Array(48), [1, 3, 4, 4]);
  throws(() => extractPatches(bytes, { patch: 3, size: 4 }), /4 pixels are no multiple/);
  throws(() => extractPatches(bytes.reshape([1, 3, 4, 4]), { patch: 2, size: 4 }), /is neither/);
  throws(() => extractPatches(bytes.reshape([4, 4, 3]), { patch: 2, size: 4 }), /is neither/);
  throws(() => extractPatches(planes, { patch: 1, size: 3 }), /are not 3 pixels square/);
  const threes = { patch: 1, size: 4, taps: 3, frames: 2 };
  throws(() => extractPatches(planes, threes), /1 frames of videos of 2/);
});
