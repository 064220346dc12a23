import assert from "node:assert/strict";
import type { Dataset } from "../../src/data/dataset.ts";
import { Loader, type LoaderOptions } from "../../src/data/loader.ts";
import { type DecodeOptions, openDecoder } from "../../src/video/decode.ts";
import { withFolder } from "../io/folder.ts";
import { digest } from "../video/digest.ts";
import { decoders } from "./memory.ts";
import { CASES, writeCases } from "./videos.ts";

const choose = { rule: "uniform", frames: 5 } as const;
const isBad = (name: string) => CASES[name].fate instanceof RegExp;

/** What `work` gives, or a failure where it takes too long. */
async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`more than ${seconds} s`)), seconds * 1000);
  return await Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

/** What becomes of a clip, in one line, without the folder's name. */
async function fate(
  decode: Promise<Parameters<typeof told>[0]>,
  folder: string,
): Promise<string> {
  return await within(60, decode).then(told, (error) => {
    assert.equal(error.name, "UserError", error.stack);
    assert.doesNotMatch(error.message, /\n/);
    return error.message.replaceAll(`${folder}/`, "");
  });
}

async function told(
  clip: { count: number; width: number; height: number; data: Uint8Array<ArrayBuffer> },
): Promise<string> {
  return `${clip.count} frames ${clip.width}x${clip.height} ${await digest(clip.data)}`;
}

Deno.test("every faulty video is named or decoded, and by every decoder alike", () =>
  withFolder(async (folder) => {
    await writeCases(folder);
    const fates = new Map<string, string>();
    for (const prefer of decoders) {
      using decoder = await openDecoder({ prefer, workers: 2 });
      await Promise.all(
        Object.entries(CASES).map(async ([name, { fate: expected }]) => {
          const found = await fate(
            decoder.decode({ path: `${folder}/${name}` }, { choose }),
            folder,
          );
          if (expected instanceof RegExp) {
            assert.ok(found.startsWith(`${name} `), found);
            assert.match(found.slice(name.length + 1), expected, `${name} by ${prefer}`);
            return;
          }
          const { count, width, height } = expected;
          assert.ok(found.startsWith(`${count} frames ${width}x${height} `), `${name}: ${found}`);
          assert.equal(fates.get(name) ?? found, found, `${name} by ${prefer}`);
          fates.set(name, found);
        }),
      );
    }
  }));

/** Times in seconds in a video of 2 s, and the frames of the clip, 10 a second; none: it is refused. */
const TIMES:
  readonly (readonly [start: number | undefined, end: number | undefined, frames?: number])[] = [
    [undefined, undefined, 20],
    [0, 2, 20],
    [1.9, 99, 1],
    [0.5, 1e12, 15],
    [0.5, 1e300, 15],
    [0, Infinity, 20],
    [-3, 0.5, 6],
    [0, 0, 1],
    [1, 1, 1],
    [2, 3],
    [99, 100],
    [1e12, 1e13],
    [1.5, 1],
    [-2, -1],
  ];

Deno.test("a clip's times beyond the video are met alike by every decoder", async () => {
  const path = new URL("../../fixtures/videos/h264.mp4", import.meta.url).pathname;
  const found = await Promise.all(decoders.map(async (prefer) => {
    using decoder = await openDecoder({ prefer });
    return await Promise.all(TIMES.map(async ([start, end, frames]) => {
      const options: DecodeOptions = { choose, start, end };
      const what = await fate(decoder.decode({ path }, options), path);
      const expected = frames === undefined
        ? /has no frame between .* \(it ends at 2.00 s\)/
        : `^${frames} frames`;
      assert.match(what, new RegExp(expected), `${start} to ${end} s by ${prefer}`);
      return what;
    }));
  }));
  for (const other of found) assert.deepEqual(other, found[0]);
});

function dataset(files: readonly string[]): Dataset {
  return {
    ...{ name: "faulty", split: "test", length: files.length },
    at: (i) => ({ id: `${i}`, file: files[i], text: `${i}` }),
  };
}

const options = (folder: string, more: Partial<LoaderOptions>): LoaderOptions => ({
  ...{ batchSize: 4, maxWords: 2, maxFrames: 5, size: 24, training: false, seed: 1, workers: 2 },
  ...{ videos: { folder }, maxBad: 1000 },
  pack: () => ({ ids: new Int32Array(2), mask: new Int32Array(2) }),
  ...more,
});

/** Some for an epoch: one for each way in which a video goes wrong. */
const SOME = [
  ...["good.mp4", "vanished.mp4", "text.mp4", "cut.avi", "huge_tail.mp4", "sound.mp4"],
  ...["no_frame.avi", "rotated.mp4", "odd_size.mp4", "vfr.mp4", "claims_15000.gif", "cut.webm"],
];

Deno.test("an epoch over faulty videos skips and names each bad one once, or fails with its name", () =>
  withFolder(async (folder) => {
    await writeCases(folder);
    const epochs = await Promise.all(decoders.map(async (decoder) => {
      const named: string[] = [];
      using loader = new Loader(
        dataset(SOME),
        options(folder, { decoder, onBad: (line) => named.push(line) }),
      );
      const batches = await within(120, Array.fromAsync(loader.epoch(0)));
      const loaded = batches.flatMap(({ samples }) => samples.map(({ file }) => file));
      assert.deepEqual(loaded, SOME.filter((name) => !isBad(name)));
      const names = named.map((line) => /^(?:skipped: )?\S*\/(\S+) /.exec(line)?.[1]);
      assert.deepEqual(names.toSorted(), SOME.filter(isBad).toSorted());
      return await Promise.all(batches.map(({ frames }) => digest(frames)));
    }));
    for (const other of epochs) assert.deepEqual(other, epochs[0]);

    using strict = new Loader(
      dataset(["good.mp4", "cut.avi"]),
      options(folder, { badVideo: "fail" }),
    );
    await assert.rejects(Array.fromAsync(strict.epoch(0)), {
      name: "UserError",
      message: /\/cut.avi is truncated/,
    });
  }));

for (const decoder of decoders) {
  Deno.test(`videos that vanish during an epoch are skipped by the ${decoder} decoder`, () =>
    withFolder(async (folder) => {
      const files = Array.from({ length: 12 }, (_, i) => `${i}.mp4`);
      for (const file of files) await CASES["good.mp4"].write!(`${folder}/${file}`);
      const named: string[] = [];
      const loader = new Loader(
        dataset(files),
        options(folder, { decoder, batchSize: 1, prefetch: 1, onBad: (line) => named.push(line) }),
      );
      const loaded: string[] = [];
      for await (const { samples } of loader.epoch(0)) {
        if (loaded.length === 0) {
          await Promise.all(files.slice(6).map((file) => Deno.remove(`${folder}/${file}`)));
        }
        loaded.push(...samples.map(({ file }) => file));
      }
      assert.deepEqual(loaded, files.slice(0, 6));
      assert.equal(named.length, 6);
      for (const line of named) {
        assert.match(line, /^(?:skipped: )?\S*\/(\d+).mp4 does not exist; check/);
      }
    }));
}
