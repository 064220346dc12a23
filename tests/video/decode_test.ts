import assert from "node:assert/strict";
import recorded from "../../fixtures/videos/frames.json" with { type: "json" };
import { UserError } from "../../src/errors.ts";
import { type Decoder, openDecoder } from "../../src/video/decode.ts";
import { nativeVersion } from "../../src/video/native.ts";
import { chooseFrames } from "../../src/video/sampling.ts";
import { fitFrames } from "../../src/video/transforms.ts";
import { digest } from "./digest.ts";

const folder = new URL("../../fixtures/videos/", import.meta.url).pathname;
const all = { choose: { rule: "all" } } as const;

/** Both decoders are held to one record, so where the native one is missing wasm still is. */
const names = await nativeVersion() === undefined ? ["wasm"] as const : ["wasm", "native"] as const;

/** The frames at `indices` of a `[n, size]` array. */
function pick(data: Uint8Array, size: number, indices: readonly number[]): Uint8Array {
  const out = new Uint8Array(indices.length * size);
  indices.forEach((index, i) => out.set(data.subarray(index * size, (index + 1) * size), i * size));
  return out;
}

/** That a source is refused in one line which names it. */
async function refuses(
  decoder: Decoder,
  source: Parameters<Decoder["decode"]>[0],
  expected: RegExp,
  options: Parameters<Decoder["decode"]>[1] = all,
): Promise<void> {
  const name = "path" in source ? source.path : source.name;
  await assert.rejects(decoder.decode(source, options), (error) => {
    assert.ok(error instanceof UserError, `${error}`);
    assert.ok(error.message.startsWith(name), error.message);
    assert.match(error.message, expected);
    assert.doesNotMatch(error.message, /\n|videos-/);
    return true;
  });
}

for (const prefer of names) {
  Deno.test(`the ${prefer} decoder gives the recorded pixels of every codec and container`, async () => {
    using decoder = await openDecoder({ prefer, workers: 2 });
    assert.equal(decoder.name, prefer);
    await Promise.all(
      Object.entries(recorded).map(async ([file, { sha256, ...shape }]) => {
        const clip = await decoder.decode({ path: folder + file }, all);
        const { count, height, width, fps } = clip;
        assert.deepEqual({ count, height, width, fps }, shape, file);
        assert.equal(await digest(clip.data), sha256, file);
      }),
    );
  });

  Deno.test(`the ${prefer} decoder keeps the chosen frames of a clip and fits them`, async () => {
    using decoder = await openDecoder({ prefer, workers: 2 });
    // Of its 15 packets an edit list hides 3, so the first guess at its length is wrong.
    for (const file of ["trimmed.mp4", "h264.mp4"]) {
      const path = folder + file, whole = await decoder.decode({ path }, all);
      const size = whole.height * whole.width * 3;

      const choose = { rule: "segments", frames: 4, seed: 3, stream: [1] } as const;
      const drawn = await decoder.decode({ path }, { choose });
      assert.deepEqual(drawn.indices, chooseFrames(choose, whole.count));
      assert.deepEqual(drawn.data, pick(whole.data, size, drawn.indices));

      const uniform = { rule: "uniform", frames: 9 } as const, range = { start: 0.41, end: 0.99 };
      const part = await decoder.decode({ path }, { choose: uniform, ...range, size: 21 });
      assert.equal(part.count, 6, "frames 4 to 9 of 10 a second");
      assert.deepEqual(part.indices, [0, 1, 2, 3, 4, 5, 5, 5, 5]);
      const expected = pick(whole.data, size, part.indices.map((i) => i + 4));
      assert.deepEqual(part.data, fitFrames({ ...whole, data: expected.slice() }, 21).data);
      assert.deepEqual([part.height, part.videoHeight, part.videoWidth], [21, 48, 64]);
    }
  });

  Deno.test(`the ${prefer} decoder takes bytes as it takes files`, async () => {
    using decoder = await openDecoder({ prefer });
    for (const file of ["trimmed.mp4", "mpeg4.avi"] as const) {
      const bytes = await Deno.readFile(folder + file);
      const clip = await decoder.decode({ name: file, bytes }, all);
      assert.equal(await digest(clip.data), recorded[file].sha256);
    }
  });

  Deno.test(`the ${prefer} decoder reads files with awkward names`, async () => {
    using decoder = await openDecoder({ prefer });
    const scratch = await Deno.makeTempDir(), sha256 = recorded["h264.mp4"].sha256;
    try {
      Deno.mkdirSync(`${scratch}/partial file`);
      for (const name of ["-y.mp4", "concat:a|b", "partial file/it's 100%03d, ünï.mp4", "[0]"]) {
        const path = `${scratch}/${name}`;
        await Deno.copyFile(`${folder}h264.mp4`, path);
        assert.equal(await digest((await decoder.decode({ path }, all)).data), sha256, name);
      }
    } finally {
      await Deno.remove(scratch, { recursive: true });
    }
  });

  Deno.test(`the ${prefer} decoder names what is missing, damaged or cut, and goes on`, async () => {
    using decoder = await openDecoder({ prefer, workers: 2 });
    const cut = async (file: string, share: number) => {
      const bytes = await Deno.readFile(folder + file);
      return { name: `cut ${file}`, bytes: bytes.slice(0, bytes.length * share) };
    };
    const corrupt = await cut("h264.mp4", 1);
    for (let i = 0; i < 60; i++) corrupt.bytes[2400 + i * 37] ^= 0x5a;
    const noise = Uint8Array.from({ length: 3000 }, (_, i) => i * i * 31 % 251);
    const before = { ...all, end: -1 };
    const late = { ...all, start: 2.5, end: 3 };

    await Promise.all([
      refuses(decoder, { path: `${folder}none.mp4` }, /does not exist/),
      refuses(decoder, { path: folder }, /is not a file/),
      refuses(decoder, { path: `${folder}audio.m4a` }, /holds no video stream/),
      refuses(decoder, { path: `${folder}frames.json` }, /cannot be read as a video/),
      refuses(
        decoder,
        { name: "empty.mp4", bytes: new Uint8Array(0) },
        /cannot be read as a video/,
      ),
      refuses(decoder, { name: "noise", bytes: noise }, /cannot be read as a video/),
      refuses(decoder, { path: `${folder}h264.mp4` }, /no frame between 2.5 s and 3 s/, late),
      refuses(decoder, { path: `${folder}h264.mp4` }, /no frame between 0 s and -1 s/, before),
      refuses(decoder, await cut("trimmed.mp4", 0.6), /cannot be read as a video/),
      refuses(decoder, await cut("h264.mp4", 0.6), /is truncated|cannot be decoded/),
      refuses(decoder, await cut("odd.webm", 0.7), /is truncated/),
      refuses(decoder, await cut("mpeg4.avi", 0.9), /is truncated \(\d of 10 frames/),
      refuses(decoder, await cut("wmv2.wmv", 0.6), /is truncated|cannot be decoded/),
      refuses(decoder, corrupt, /cannot be decoded/),
    ]);

    const clip = await decoder.decode({ path: `${folder}h264.mp4` }, all);
    assert.equal(clip.count, 20);
  });
}

Deno.test("a file cut between two frames is truncated even if nothing in it is damaged", async () => {
  const bytes = await Deno.readFile(`${folder}h264.mp4`), view = new DataView(bytes.buffer);
  const find = (tag: string) => new TextDecoder("latin1").decode(bytes).indexOf(tag);
  const sizes = find("stsz") + 16;
  let end = find("mdat") + 4;
  for (let frame = 0; frame < 9; frame++) end += view.getUint32(sizes + frame * 4);
  for (const prefer of names) {
    using decoder = await openDecoder({ prefer });
    const source = { name: "cut.mp4", bytes: bytes.slice(0, end) };
    await refuses(decoder, source, /is truncated \(.*partial file\)/);
  }
});

Deno.test("close() rejects what is not decoded yet, and decode() afterwards", async () => {
  const decoder = await openDecoder();
  const pending = [1, 2, 3].map(() => decoder.decode({ path: `${folder}h264.mp4` }, all));
  decoder.close();
  decoder.close();
  for (const result of await Promise.allSettled(pending)) {
    assert.match(`${(result as PromiseRejectedResult).reason}`, /the decoder was closed/);
  }
  await assert.rejects(decoder.decode({ path: `${folder}h264.mp4` }, all), /was closed/);
});
