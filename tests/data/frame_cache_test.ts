import assert from "node:assert/strict";
import { FrameCache } from "../../src/data/frame_cache.ts";
import { openCacheFile } from "../../src/data/frame_cache_file.ts";
import { Loader, type LoaderOptions } from "../../src/data/loader.ts";
import { packVideos } from "../../src/data/pack.ts";
import { withFolder } from "../io/folder.ts";
import { collect, dataset, FILES, folder, options, S, T } from "./toy.ts";

const GB = 1e9;
/** Opens a cache; its notes go to `notes`. */
async function openCache(path: string, maxBytes = GB, notes: string[] = []): Promise<FrameCache> {
  return (await FrameCache.open(path, { maxBytes, onNote: (note) => notes.push(note) }))!;
}

const training: LoaderOptions = { ...options, training: true, dropLast: false };

/** The batches of one epoch over a cache, and what its loader did. */
async function load(path: string, more: Partial<LoaderOptions> = {}, epoch = 0) {
  const notes: string[] = [];
  await using frameCache = await openCache(path, GB, notes);
  const loader = new Loader(dataset(), { ...training, ...more, frameCache });
  const batches = await collect(loader, epoch), { decoded, cached } = loader.stats;
  return { batches, decoded, cached, notes };
}

Deno.test("batches are the same with and without a cache, whoever filled it, for any number of workers", () =>
  withFolder(async (scratch) => {
    const path = `${scratch}/frames`;
    const plain = [0, 1, 2].map((epoch) => collect(new Loader(dataset(), training), epoch));
    const [first, second, third] = await Promise.all(plain);
    const cold = await load(path, { workers: 3 }, 0);
    assert.deepEqual(cold, { batches: first, decoded: 7, cached: 0, notes: [] });
    const warm = await load(path, { workers: 1, prefetch: 0 }, 1);
    assert.deepEqual(warm, { batches: second, decoded: 0, cached: 7, notes: [] });
    const both = await load(path, { cacheBytes: 1e9 }, 2);
    assert.deepEqual(both, { batches: third, decoded: 0, cached: 7, notes: [] });

    // An evaluation finds the frames that training kept; other frames, sizes and rules are others' pixels.
    const evaluation = { training: false, shuffle: false };
    const evaluated = await collect(new Loader(dataset(), options));
    assert.deepEqual((await load(path, evaluation)).batches, evaluated);
    assert.equal((await load(path, evaluation)).decoded, 0);
    for (const more of [{ size: S + 2 }, { resize: false }]) {
      const other = await load(path, { ...evaluation, ...more });
      assert.deepEqual([other.decoded, other.cached], [7, 0]);
      assert.deepEqual(
        other.batches,
        await collect(new Loader(dataset(), { ...options, ...more })),
      );
    }
  }));

Deno.test("an evaluation's frames serve fewer of them only where they are the same", () =>
  withFolder(async (scratch) => {
    const path = `${scratch}/frames`, evaluation = { training: false, shuffle: false };
    assert.equal((await load(path, evaluation)).decoded, 7);
    assert.equal((await load(path, evaluation)).decoded, 0);
    const more = { ...evaluation, maxFrames: T + 1 };
    const { batches, decoded } = await load(path, more);
    assert.ok(decoded > 0);
    assert.deepEqual(batches, await collect(new Loader(dataset(), { ...options, ...more })));
    assert.ok((await load(path)).decoded > 0, "training needs whole clips");
  }));

Deno.test("long clips are drawn from anew each epoch, and not kept", () =>
  withFolder(async (scratch) => {
    // 20 frames are more than 8 times 2.
    const more = { maxFrames: 2 }, path = `${scratch}/frames`;
    for (const epoch of [0, 1]) {
      const { batches, decoded } = await load(path, more, epoch);
      const plain = new Loader(dataset(), { ...training, ...more });
      assert.deepEqual(batches, await collect(plain, epoch));
      assert.equal(decoded, epoch === 0 ? 7 : 2);
    }
  }));

Deno.test("a video that was changed is decoded again, from a folder and from an LMDB", () =>
  withFolder(async (scratch) => {
    const videos = `${scratch}/videos`, path = `${scratch}/frames`;
    await Deno.mkdir(videos);
    for (const file of FILES) await Deno.copyFile(folder + file, `${videos}/${file}`);
    const evaluation = { training: false, shuffle: false, videos: { folder: videos } };
    await load(path, evaluation);
    assert.equal((await load(path, evaluation)).decoded, 0);
    await Deno.copyFile(`${folder}h264.mp4`, `${videos}/vfr.mp4`);
    const after = await load(path, evaluation);
    assert.equal(after.decoded, 1);
    assert.deepEqual(
      after.batches,
      await collect(new Loader(dataset(), { ...options, ...evaluation })),
    );

    // Of the same size, changed in place at another time.
    const { mtime } = await Deno.stat(`${videos}/vfr.mp4`);
    await Deno.utime(`${videos}/vfr.mp4`, new Date(), new Date(mtime!.getTime() + 1));
    assert.equal((await load(path, evaluation)).decoded, 1);

    for (const [file, decoded] of [["vfr.mp4", 7], ["h264.mp4", 0], ["wmv2.wmv", 1]] as const) {
      await Deno.copyFile(`${folder}${file}`, `${videos}/vfr.mp4`);
      await packVideos(videos, `${scratch}/${file}.lmdb`);
      const lmdb = { ...evaluation, videos: { lmdb: `${scratch}/${file}.lmdb` } };
      assert.equal(
        (await load(path, lmdb)).decoded,
        decoded,
        "bytes that are known are not decoded",
      );
      assert.deepEqual(
        (await load(path, lmdb)).batches,
        await collect(new Loader(dataset(), { ...options, ...lmdb })),
      );
    }
  }));

Deno.test("a full cache takes nothing more, and says so once", () =>
  withFolder(async (scratch) => {
    const notes: string[] = [], path = `${scratch}/frames`;
    const maxBytes = 1_200_000;
    await using frameCache = await openCache(path, maxBytes, notes);
    const loader = new Loader(dataset(), { ...training, size: 64, frameCache });
    const plain = new Loader(dataset(), { ...training, size: 64 });
    for (const epoch of [0, 1, 2]) {
      assert.deepEqual(await collect(loader, epoch), await collect(plain, epoch));
    }
    const { decoded, cached } = loader.stats;
    assert.ok(decoded > 7 && cached > 0 && decoded + cached === 21, `${decoded} ${cached}`);
    assert.deepEqual(notes, [`the frame cache ${path} is full (0.0012 GB): nothing more is added`]);
    assert.ok((await Deno.stat(path)).size <= maxBytes);
  }));

/** What `frame_cache_probe.ts` prints. */
interface Probe {
  readonly digests: readonly string[];
  readonly decoded: number;
  readonly cached: number;
  readonly notes: readonly string[];
}

/** Starts the probe by way of `command`, a line of the shell that is handed the probe's. */
function start(path: string, command = 'exec "$@"'): Deno.ChildProcess {
  const script = new URL("./frame_cache_probe.ts", import.meta.url).pathname;
  return new Deno.Command("sh", {
    args: ["-c", command, "sh", Deno.execPath(), "run", "-A", "--quiet", script, path],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** What the probe finds; it must have nothing to say besides. */
async function probe(path: string, command?: string): Promise<Probe> {
  const { code, stdout, stderr } = await start(path, command).output();
  const said = new TextDecoder().decode(stderr);
  assert.deepEqual([code, said], [0, ""]);
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("a full disk and a file that may not be written: one note, and the same batches", () =>
  withFolder(async (scratch) => {
    const path = `${scratch}/frames`;
    // A limit to the size of files, in blocks of 512 bytes, refuses writes as a full disk does.
    const limited = (blocks: number) => `trap "" XFSZ; ulimit -f ${blocks}; exec "$@"`;
    const [full, none, whole] = await Promise.all([
      probe(`${scratch}/full`, limited(1000)),
      probe(`${scratch}/none`, limited(1)),
      probe(path),
    ]);
    assert.match(
      full.notes.join(),
      /^cannot write to the frame cache [^,]*full\?\): nothing more is added$/,
    );
    assert.match(
      none.notes.join(),
      /^no frame cache: cannot write [^,]*none .*is the disk full\?\)$/,
    );
    assert.ok(full.cached > 0 && none.cached === 0);
    assert.deepEqual(whole.notes, []);
    for (const { digests } of [full, none]) assert.deepEqual(digests, whole.digests);

    await Deno.chmod(path, 0o444);
    // The superuser may write anyway, until it gives that up.
    const meek = Deno.uid() === 0
      ? 'exec setpriv --bounding-set=-dac_override --inh-caps=-dac_override "$@"'
      : undefined;
    const read = await probe(path, meek);
    assert.deepEqual(read.notes, [`the frame cache ${path} is read, and not added to: read-only`]);
    assert.deepEqual([read.cached, read.decoded], [14, 0]);
    assert.deepEqual(read.digests, whole.digests);
  }));

Deno.test("processes share a cache at once, and one that is killed leaves it sound", () =>
  withFolder(async (scratch) => {
    const path = `${scratch}/frames`;
    const victim = start(path);
    const size = async () => (await Deno.stat(path).catch(() => undefined))?.size ?? 0;
    while (await size() < 100_000) await new Promise((wake) => setTimeout(wake, 1));
    victim.kill("SIGKILL");
    await victim.output();
    const [a, b] = await Promise.all([probe(path), probe(path)]);
    const c = await probe(path);
    assert.deepEqual([c.decoded, c.cached], [0, 14]);
    for (const { digests, notes } of [a, b, c]) {
      assert.deepEqual(digests, c.digests);
      assert.deepEqual(notes, []);
    }
  }));

Deno.test("a cache to which another process adds fast is not taken for damaged", () =>
  withFolder(async (scratch) => {
    const path = `${scratch}/frames`;
    const script = new URL("./frame_cache_writer.ts", import.meta.url).pathname;
    const writer = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", script, path, "3000"],
      stdout: "piped",
    }).spawn();
    const output = writer.stdout.getReader();
    await output.read();
    for (let i = 0; i < 3; i++) {
      const { database } = await openCacheFile(path);
      assert.ok((database.getStats() as { entryCount: number }).entryCount > 20_000);
      await database.close();
    }
    while (!(await output.read()).done);
    assert.equal((await writer.status).code, 0);
  }));

Deno.test("what is no cache, or is damaged, is refused in one line and left as it is", () =>
  withFolder(async (scratch) => {
    const refused = async (path: string, message: RegExp) => {
      await assert.rejects(openCache(path), (error: Error) => {
        assert.equal(error.name, "UserError", `${error.stack}`);
        assert.match(error.message, message);
        return true;
      });
    };
    const path = `${scratch}/frames`;
    await load(path, { size: 64 });
    const whole = await Deno.readFile(path);
    for (const size of [20, 4096, whole.length - 300_000]) {
      await Deno.writeFile(path, whole.subarray(0, size));
      await refused(path, size === 20 ? /is not a frame cache; give/ : /truncated; remove it/);
      assert.equal((await Deno.stat(path)).size, size);
    }
    await Deno.writeTextFile(path, "a text of some length, which is no LMDB of any kind");
    await refused(path, /is not a frame cache; give another path/);
    const format1 = new Uint8Array(8192);
    new DataView(format1.buffer).setUint32(16, 0xbeefc0de, true);
    await Deno.writeFile(path, format1);
    await refused(path, /is not a frame cache/);
    await refused(scratch, /is a folder; give a file/);
    await Deno.writeTextFile(`${scratch}/file`, "");
    await refused(`${scratch}/file/frames`, /cannot make the frame cache .*give another path/);
    await packVideos(folder, `${scratch}/videos.lmdb`);
    const before = await Deno.readFile(`${scratch}/videos.lmdb`);
    await refused(`${scratch}/videos.lmdb`, /is an LMDB of something else; give another path/);
    assert.deepEqual(await Deno.readFile(`${scratch}/videos.lmdb`), before);
  }));

Deno.test("frames whose bytes were changed are decoded again, and mended", () =>
  withFolder(async (scratch) => {
    const path = `${scratch}/frames`, more = { size: 64 };
    const { batches } = await load(path, more);
    const bytes = await Deno.readFile(path), count = 64 * 64 * 3;
    // Pixels of the first batch's first frame, in every clip that has them.
    const latin1 = new TextDecoder("latin1"), text = latin1.decode(bytes);
    const pixels = latin1.decode(batches[0].frames.subarray(count - 600, count - 300));
    for (let at = -1; (at = text.indexOf(pixels, at + 1)) >= 0;) bytes[at + 7] ^= 1;
    await Deno.writeFile(path, bytes);
    const damaged = await load(path, more);
    assert.deepEqual(damaged.batches, batches);
    assert.deepEqual(damaged.notes, []);
    assert.ok(damaged.decoded > 0 && damaged.decoded + damaged.cached === 7);
    assert.deepEqual(await load(path, more), { batches, decoded: 0, cached: 7, notes: [] });
  }));

Deno.test("a worker that ends without work fails the epoch; what was kept serves the next one", () =>
  withFolder(async (scratch) => {
    const started: Worker[] = [], { Worker: Real } = globalThis;
    globalThis.Worker = class extends Real {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        started.push(this);
      }
    };
    try {
      const path = `${scratch}/frames`;
      await using frameCache = await openCache(path);
      const loader = new Loader(dataset(), { ...training, workers: 1, prefetch: 0, frameCache });
      const epoch = loader.epoch(0);
      const { value: first } = await epoch.next();
      const next = epoch.next();
      started[0].dispatchEvent(new ErrorEvent("error", { message: "killed", cancelable: true }));
      await assert.rejects(next, /a decoding worker ended: killed/);
      const [again, ...rest] = await collect(loader, 0);
      assert.deepEqual(again.frames, first!.frames);
      assert.deepEqual([again, ...rest], await collect(new Loader(dataset(), training), 0));
      assert.deepEqual([loader.stats.decoded, loader.stats.cached], [7, 2]);
    } finally {
      globalThis.Worker = Real;
    }
  }));
