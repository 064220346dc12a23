import assert from "node:assert/strict";
import type { Dataset } from "../../src/data/dataset.ts";
import { Loader, type LoaderOptions } from "../../src/data/loader.ts";
import { packVideos } from "../../src/data/pack.ts";
import { openDecoder } from "../../src/video/decode.ts";
import { withFolder } from "../io/folder.ts";
import { collect, dataset, FILES, folder, ids, L, options, S, T } from "./toy.ts";

Deno.test("an evaluation epoch holds every sample once, in order, as a decoder gives it", async () => {
  const batches = await collect(new Loader(dataset(), options));
  assert.deepEqual(ids(batches), [[0, 1], [2, 3], [4, 5], [6]]);
  assert.deepEqual(batches.map(({ index }) => index), [0, 1, 2, 3]);

  using decoder = await openDecoder({ prefer: "wasm" });
  const choose = { rule: "uniform", frames: T } as const, bytes = T * S * S * 3;
  for (const { samples, frames } of batches) {
    for (const [i, { file, start, end }] of samples.entries()) {
      const clip = await decoder.decode({ path: folder + file }, { choose, start, end, size: S });
      assert.deepEqual(frames.slice(i * bytes, (i + 1) * bytes), clip.data, file);
    }
  }
});

Deno.test("with several captions a video an evaluation loads it with the last of them alone", async () => {
  const set = { ...dataset(FILES.slice(0, 5)), cutOffPoints: [3, 4, 6] };
  const loader = new Loader(set, { ...options, batchSize: 3 });
  const batches = await collect(loader);
  assert.deepEqual(batches.map(({ videoRows }) => videoRows), [[2], [0, 2]]);
  const bytes = T * S * S * 3;
  assert.deepEqual(batches.map(({ frames }) => frames.length), [bytes, 2 * bytes]);
  assert.deepEqual(batches.map(({ videoMask }) => videoMask.length), [T, 2 * T]);
  assert.deepEqual(batches.map(({ ids }) => ids.length), [3 * L, 3 * L]);
  assert.equal(loader.stats.decoded, 3);
  const { cutOffPoints: _, ...plain } = set;
  const [, last] = await collect(new Loader(plain, { ...options, batchSize: 3 }));
  assert.deepEqual(last.videoRows, [0, 1, 2]);
  assert.deepEqual(batches[1].frames.slice(bytes), last.frames.slice(2 * bytes));
  const training = { ...options, batchSize: 3, training: true };
  for (const { videoRows } of await collect(new Loader(set, training))) {
    assert.deepEqual(videoRows, [0, 1, 2]);
  }
});

Deno.test("a batch packs texts and marks the frames that are repetitions", async () => {
  const loader = new Loader(dataset(), { ...options, maxFrames: 9, batchSize: 7 });
  const [batch] = await collect(loader);
  assert.deepEqual([batch.ids.length, batch.idMask.length], [7 * L, 7 * L]);
  assert.deepEqual([...batch.idMask.slice(L, 2 * L)], [1, 1, 1, 0, 0]);
  assert.deepEqual([...batch.ids.slice(L, L + 2)], [..."1 "].map((c) => c.charCodeAt(0)));
  assert.equal(batch.frames.length, 7 * 9 * S * S * 3);
  assert.ok(batch.frames.buffer instanceof ArrayBuffer, "shared memory cannot go to the GPU");
  const valid = Array.from({ length: 7 }, (_, i) => batch.videoMask.slice(i * 9, i * 9 + 9));
  const sums = valid.map((mask) => mask.reduce((a, b) => a + b));
  assert.deepEqual(sums, [9, 9, 9, 9, 9, 7, 8], "vfr.mp4 has 7 frames, the last clip 8");
  assert.deepEqual([...valid[5]], [1, 1, 1, 1, 1, 1, 1, 0, 0]);
});

Deno.test("batches do not depend on workers, decoder, prefetch, cache, or where an epoch began", async () => {
  const few = dataset(["h264.mp4", "odd.webm", "vfr.mp4", "trimmed.mp4"]);
  const training = { ...options, training: true, dropLast: false };
  const reference = await collect(new Loader(few, training), 1);
  const variants: Partial<LoaderOptions>[] = [
    { workers: 1, prefetch: 0 },
    { workers: 3, prefetch: 9, decoder: "auto" },
  ];
  for (const variant of variants) {
    const loader = new Loader(few, { ...training, ...variant });
    assert.deepEqual(await collect(loader, 1), reference, JSON.stringify(variant));
  }
  // Room for some clips; those decoded in epoch 0 serve epoch 1.
  for (const cacheBytes of [30_000, 1e9]) {
    const loader = new Loader(few, { ...training, cacheBytes });
    await collect(loader, 0);
    assert.deepEqual(await collect(loader, 1), reference, `cache of ${cacheBytes}`);
  }
  assert.deepEqual(await collect(new Loader(few, training), 1, 1), reference.slice(1));
  assert.deepEqual(await collect(new Loader(few, training), 1, 9), []);
});

Deno.test("training shuffles, draws captions and frames anew each epoch, and drops the rest", async () => {
  const loader = new Loader(dataset(), { ...options, training: true });
  const epochs = [await collect(loader, 0), await collect(loader, 1)];
  for (const batches of epochs) {
    assert.equal(batches.length, loader.batchCount(0));
    assert.deepEqual(batches.map(({ samples }) => samples.length), [2, 2, 2]);
    assert.equal(new Set(ids(batches).flat()).size, 6);
  }
  assert.notDeepEqual(ids(epochs[0]), ids(epochs[1]));
  const texts = (batches: typeof epochs[0]) =>
    batches.flatMap(({ samples }) => samples.map(({ text }) => text)).sort();
  assert.notDeepEqual(texts(epochs[0]), texts(epochs[1]));

  const one = new Loader(dataset(["h264.mp4"]), { ...options, training: true, shuffle: false });
  const [[a], [b]] = [await collect(one, 0), await collect(one, 1)];
  assert.notDeepEqual(a.frames, b.frames);
});

Deno.test("a cache that holds everything decodes each clip once", async () => {
  for (const training of [true, false]) {
    const loader = new Loader(dataset(), {
      ...{ ...options, training, dropLast: false, cacheBytes: 1e9 },
    });
    await collect(loader, 0);
    assert.equal(loader.stats.decoded, 7);
    await collect(loader, 1);
    assert.equal(loader.stats.decoded, training ? 9 : 7, "two have more than 4 T frames");
  }
});

Deno.test("samples of one clip that are loaded together share its decoding", async () => {
  const same: Dataset = { ...dataset(), at: (i) => ({ id: `${i}`, file: "vfr.mp4", text: "" }) };
  const loader = new Loader(same, { ...options, batchSize: 7 });
  const [{ frames }] = await collect(loader);
  assert.equal(loader.stats.decoded, 1);
  assert.deepEqual(frames.slice(0, frames.length / 7), frames.slice(-frames.length / 7));
});

/** Collects an epoch over `files` from an LMDB, and the same from the folder that it was made of. */
async function fromBoth(lmdb: string, files: readonly string[]) {
  const inFolders = dataset(files.map((file) => `some/folder/${file}`));
  const loaders = [
    new Loader(inFolders, { ...options, videos: { lmdb } }),
    new Loader(dataset(files), options),
  ];
  const [packed, reference] = await Promise.all(loaders.map((loader) => collect(loader)));
  const strip = (batches: typeof packed) => batches.map(({ samples: _, ...batch }) => batch);
  return [strip(packed), strip(reference)];
}

for (const format of [1, 2] as const) {
  Deno.test(`an LMDB of format ${format} gives the batches that its folder gives`, () =>
    withFolder(async (scratch) => {
      await packVideos(folder, `${scratch}/videos.lmdb`, { format });
      const [packed, reference] = await fromBoth(`${scratch}/videos.lmdb`, FILES);
      assert.deepEqual(packed, reference);
    }));
}

Deno.test("an LMDB that Python wrote gives the batches that its folder gives", async () => {
  const lmdb = new URL("../../fixtures/lmdb/format1.lmdb", import.meta.url).pathname;
  const [packed, reference] = await fromBoth(lmdb, ["h264.mp4", "odd.webm", "vfr.mp4"]);
  assert.equal(packed.length, 2);
  assert.deepEqual(packed, reference);
});

Deno.test("distinct samples only: clashes wait for a later batch", async () => {
  const loader = new Loader(dataset(), {
    ...options,
    batchSize: 3,
    distinct: ({ id }) => Number(id) < 4 ? "same" : id,
  });
  assert.deepEqual(ids(await collect(loader)), [[0, 4, 5], [1, 6], [2], [3]]);
  const training = new Loader(dataset(), {
    ...{ ...options, training: true, batchSize: 2, distinct: () => "same" },
  });
  assert.equal(training.batchCount(0), 0);
  await assert.rejects(collect(training), /no 2 samples that are distinct enough/);
});

const BROKEN = ["h264.mp4", "none.mp4", "audio.m4a", "vfr.mp4", "none.mp4"];

Deno.test("evaluation leaves out bad videos, names each once, and goes on", async () => {
  const named: string[] = [];
  const loader = new Loader(dataset(BROKEN), { ...options, onBad: (line) => named.push(line) });
  for (let epoch = 0; epoch < 2; epoch++) {
    const batches = await collect(loader, epoch);
    assert.deepEqual(ids(batches), [[0], [3], [5]]);
    assert.deepEqual(batches.map(({ frames }) => frames.length), Array(3).fill(T * S * S * 3));
  }
  assert.equal(loader.stats.bad, 2);
  assert.deepEqual(named.sort(), [
    `${folder}audio.m4a holds no video stream; replace the file`,
    `${folder}none.mp4 does not exist; check the video folder`,
  ]);
});

Deno.test("a batch whose videos are all bad is not yielded, and keeps its number", async () => {
  const files = ["vfr.mp4", "vfr.mp4", "none.mp4", "audio.m4a"];
  const loader = new Loader(dataset(files), { ...options, onBad: () => {} });
  assert.deepEqual((await collect(loader)).map(({ index }) => index), [0, 2]);
});

Deno.test("training lets others stand in for bad videos, the same ones each time", async () => {
  const training = { ...options, training: true, onBad: () => {}, batchSize: 3 };
  const runs = [
    await collect(new Loader(dataset(BROKEN), training), 5),
    await collect(new Loader(dataset(BROKEN), { ...training, workers: 1, prefetch: 0 }), 5),
  ];
  assert.deepEqual(runs[0], runs[1]);
  assert.deepEqual(await collect(new Loader(dataset(BROKEN), training), 5, 1), runs[0].slice(1));
  for (const batch of runs[0]) {
    assert.equal(new Set(ids([batch]).flat()).size, 3, "no sample twice");
    assert.ok(batch.samples.every(({ file }) => file === "h264.mp4" || file === "vfr.mp4"));
  }
});

Deno.test("stand-ins are distinct from the rest of their batch, or the row is given up", async () => {
  const loader = new Loader(dataset(BROKEN), {
    ...{ ...options, training: true, onBad: () => {}, batchSize: 3 },
    distinct: ({ file, id }) => file === "h264.mp4" ? "h264" : id,
  });
  const batches = await collect(loader, 0);
  assert.ok(batches.length > 0);
  for (const { samples } of batches) {
    assert.ok(samples.filter(({ file }) => file === "h264.mp4").length <= 1);
    assert.ok(samples.length <= 2, "h264.mp4 and vfr.mp4 are all there is");
  }
});

Deno.test("a run with too many bad videos, or with any where none may be, stops", async () => {
  const bad = dataset(BROKEN), onBad = () => {};
  await assert.rejects(collect(new Loader(bad, { ...options, onBad, maxBad: 1 })), {
    name: "UserError",
    message:
      /^more than 1 clips of toy are bad \(--max_bad sets the limit\), the first: .*(none|audio)/,
  });
  await assert.rejects(collect(new Loader(bad, { ...options, badVideo: "fail" })), {
    name: "UserError",
    message: /(none.mp4 does not exist|audio.m4a holds no video stream)/,
  });
});

Deno.test("a loader says what it cannot start with", () =>
  withFolder(async (scratch) => {
    const rejects = (videos: LoaderOptions["videos"], message: RegExp) =>
      assert.rejects(collect(new Loader(dataset(), { ...options, videos })), {
        ...{ name: "UserError", message },
      });
    await rejects({ folder: `${scratch}/none` }, /none is no folder/);
    await rejects({ lmdb: `${scratch}/none.lmdb` }, /none.lmdb does not exist/);
    const tooFew = { ...options, training: true, batchSize: 8 };
    assert.throws(() => new Loader(dataset(), tooFew), /toy has 7 samples .* a batch of 8/);
    assert.throws(() => new Loader({ ...dataset(), length: 0 }, options), /toy has no sample/);

    await Deno.copyFile(`${folder}vfr.mp4`, `${scratch}/other.mp4`);
    await packVideos(scratch, `${scratch}/x.lmdb`);
    const loader = new Loader(dataset(), {
      ...{ ...options, videos: { lmdb: `${scratch}/x.lmdb` }, badVideo: "fail" },
    });
    await assert.rejects(collect(loader), /is not in .*x.lmdb; pack the folder/);
  }));

Deno.test("no more is loaded ahead than prefetch says", async () => {
  let packed = 0;
  const loader = new Loader(dataset(), {
    ...options,
    ...{ batchSize: 1, prefetch: 1, cacheBytes: 1e9 },
    pack: (text, words) => (packed++, options.pack(text, words)),
  });
  await collect(loader);
  packed = 0;
  for await (const { index } of loader.epoch(0)) {
    // From the cache, whatever may be loaded ahead is there before a timer fires.
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(packed, Math.min(index + 2, 7));
  }
});

Deno.test("close() makes the wait for the next batch fail", async () => {
  using loader = new Loader(dataset(), { ...options, workers: 1, prefetch: 0 });
  const batches = loader.epoch(0);
  await batches.next();
  const next = batches.next();
  loader.close();
  await assert.rejects(next, /was closed/);
});

Deno.test("a process ends after an epoch that was finished, left, or threw", async () => {
  const script = new URL("./loader_probe.ts", import.meta.url).pathname;
  await Promise.all(["finish", "leave", "throw"].map(async (way) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", script, way],
      signal: AbortSignal.timeout(60_000),
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.equal(code, 0, said);
    assert.equal(said, `${way}\n`);
  }));
});

Deno.test("two processes load each sample of an evaluation once, and as one would in training", async () => {
  const shared = (rank: number, more: Partial<LoaderOptions> = {}) =>
    collect(new Loader(dataset(), { ...options, ...more, rank, world: 2 }));
  assert.deepEqual([...ids(await shared(0)), ...ids(await shared(1))].flat(), [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
  ]);
  const training = { training: true, dropLast: false };
  const whole = await collect(new Loader(dataset(), { ...options, ...training }));
  const order = ids(whole).flat();
  assert.deepEqual(ids(await shared(1, training)).flat(), [1, 3, 5, 0].map((i) => order[i]));
  const bytes = T * S * S * 3, [first] = await shared(1, training);
  assert.deepEqual(first.frames.slice(0, bytes), whole[0].frames.slice(bytes));
  assert.throws(
    () => new Loader(dataset(), { ...options, training: true, batchSize: 5, world: 2 }),
    /too few for a batch of 5 on each of 2 processes; lower the batch size/,
  );
});
