import assert from "node:assert/strict";
import { packVideos } from "../../src/data/pack.ts";
import { VideoStore } from "../../src/data/store.ts";
import { UserError } from "../../src/errors.ts";
import { withFolder } from "../io/folder.ts";

/** Writes `files` (name to content) below a folder. */
async function write(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, content);
  }
}

async function contents(path: string): Promise<Record<string, string>> {
  await using store = await VideoStore.open(path);
  const names = [...store.names()];
  assert.equal(store.size, names.length);
  return Object.fromEntries(names.map((n) => [n, new TextDecoder().decode(store.get(n))]));
}

/** That opening `path` is refused in one line, which names it. */
async function refuses(path: string, expected: RegExp): Promise<void> {
  await assert.rejects(VideoStore.open(path), (error) => {
    assert.ok(error instanceof UserError, `${error}`);
    assert.ok(error.message.includes(path), error.message);
    assert.match(error.message, expected);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
}

Deno.test("packVideos() stores every video under its file name, byte for byte", () =>
  withFolder(async (folder) => {
    await write(`${folder}/in`, {
      "b.mp4": "first",
      "deep/er/ü 1.AVI": "x".repeat(100_000),
      "deep/empty.webm": "",
      "readme.txt": "no video",
      ".hidden.mp4": "no video",
    });
    const steps: number[] = [];
    const summary = await packVideos(`${folder}/in/`, `${folder}/out.lmdb`, {
      onProgress: (done, total) => steps.push(done / total),
    });
    assert.deepEqual(summary, { videos: 3, bytes: 100_005, resumed: 0, ignored: 1 });
    assert.deepEqual(steps, [1 / 3, 2 / 3, 1]);
    assert.deepEqual(await contents(`${folder}/out.lmdb`), {
      "b.mp4": "first",
      "empty.webm": "",
      "ü 1.AVI": "x".repeat(100_000),
    });
    const left = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
    assert.deepEqual(left, ["in", "out.lmdb", "out.lmdb-lock"]);
  }));

Deno.test("a store hands out copies and nothing for a name it does not hold", () =>
  withFolder(async (folder) => {
    await write(`${folder}/in`, { "a.mp4": "aaaa", "b.mp4": "bbbb" });
    await packVideos(`${folder}/in`, `${folder}/out.lmdb`);
    await using store = await VideoStore.open(`${folder}/out.lmdb`);
    const a = store.get("a.mp4")!;
    store.get("b.mp4")!.fill(0);
    assert.deepEqual([...a], [97, 97, 97, 97]);
    assert.equal(a.byteLength, a.buffer.byteLength);
    assert.deepEqual([...store.get("b.mp4")!], [98, 98, 98, 98]);
    assert.equal(store.get("c.mp4"), undefined);
    assert.equal(store.get("a.mp"), undefined);
  }));

Deno.test("packVideos() that was stopped leaves no database and goes on where it stopped", () =>
  withFolder(async (folder) => {
    const output = `${folder}/out.lmdb`, stop = new AbortController();
    await write(`${folder}/in`, { "a.mp4": "1", "b.mp4": "22", "c.mp4": "333", "d.mp4": "4444" });
    const onProgress = (done: number) => done === 2 && stop.abort();
    const signal = stop.signal;
    assert.equal(await packVideos(`${folder}/in`, output, { onProgress, signal }), undefined);
    await refuses(output, /does not exist/);

    // Meanwhile one video grew, and one went.
    await write(`${folder}/in`, { "b.mp4": "two" });
    await Deno.remove(`${folder}/in/a.mp4`);
    const summary = await packVideos(`${folder}/in`, output);
    assert.deepEqual(summary, { videos: 3, bytes: 10, resumed: 0, ignored: 0 });
    assert.deepEqual(await contents(output), { "b.mp4": "two", "c.mp4": "333", "d.mp4": "4444" });
  }));

Deno.test("packVideos() keeps what a stopped run has packed", () =>
  withFolder(async (folder) => {
    const output = `${folder}/out.lmdb`, stop = new AbortController();
    await write(`${folder}/in`, { "a.mp4": "1", "b.mp4": "22", "c.mp4": "333" });
    const onProgress = (done: number) => done === 2 && stop.abort();
    await packVideos(`${folder}/in`, output, { onProgress, signal: stop.signal });
    assert.equal((await packVideos(`${folder}/in`, output))?.resumed, 2);
  }));

Deno.test("packVideos() starts anew over the remains of a run that was killed at once", () =>
  withFolder(async (folder) => {
    await write(folder, { "in/a.mp4": "1", "out.lmdb.partial": "" });
    assert.equal((await packVideos(`${folder}/in`, `${folder}/out.lmdb`))?.videos, 1);
    await write(folder, { "in/a.mp4": "1", "two.lmdb.partial": "not a database" });
    assert.equal((await packVideos(`${folder}/in`, `${folder}/two.lmdb`))?.videos, 1);
  }));

Deno.test("packVideos() names two videos that would share a key", () =>
  withFolder(async (folder) => {
    await write(`${folder}/in`, { "x/a.mp4": "1", "y/a.mp4": "2" });
    await assert.rejects(packVideos(`${folder}/in`, `${folder}/out.lmdb`), {
      name: "UserError",
      message:
        `${folder}/in/x/a.mp4 and ${folder}/in/y/a.mp4 have one name, their key; rename one ` +
        "of them",
    });
  }));

Deno.test("packVideos() refuses what it cannot pack, and never overwrites", () =>
  withFolder(async (folder) => {
    await write(folder, { "in/a.mp4": "1", "text/a.txt": "1", "there.lmdb": "precious" });
    const output = `${folder}/out.lmdb`;
    const rejects = (input: string, out: string, message: RegExp) =>
      assert.rejects(packVideos(`${folder}/${input}`, out), { name: "UserError", message });
    await rejects("in", `${folder}/there.lmdb`, /there.lmdb exists; remove it/);
    await rejects("none", output, /cannot read .*none/);
    await rejects("in/a.mp4", output, /cannot read .*a.mp4/);
    await rejects("text", output, /holds no video \(1 other files\)/);
    await Deno.symlink(`${folder}/gone`, `${folder}/in/b.mp4`);
    await rejects("in", output, /cannot read .*b.mp4/);
    assert.equal(await Deno.readTextFile(`${folder}/there.lmdb`), "precious");
  }));

Deno.test("packVideos() follows links, each folder once", () =>
  withFolder(async (folder) => {
    await write(folder, { "in/a.mp4": "1", "else/b.mp4": "2" });
    await Deno.symlink(`${folder}/else`, `${folder}/in/link`);
    await Deno.symlink(`${folder}/in`, `${folder}/in/circle`);
    assert.equal((await packVideos(`${folder}/in`, `${folder}/out.lmdb`))?.videos, 2);
  }));

Deno.test("a missing store is named, and no folder appears in its place", () =>
  withFolder(async (folder) => {
    await refuses(`${folder}/none/x.lmdb`, /does not exist; pack the videos with/);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("a file that is no LMDB never reaches a native library", () =>
  withFolder(async (folder) => {
    const head = new Uint8Array(8192), path = `${folder}/x.lmdb`;
    const attempt = async (expected: RegExp) => {
      await Deno.writeFile(path, head);
      await refuses(path, expected);
    };
    await attempt(/is not an LMDB/);
    for (const at of [16, 24]) {
      head.fill(0);
      new DataView(head.buffer).setUint32(at, 0xbeefc0de, true);
      await attempt(/is damaged; copy it again, or remove it and pack/);
    }
    await Deno.writeFile(path, new Uint8Array(20));
    await refuses(path, /is not an LMDB/);
    await Deno.mkdir(`${folder}/empty`);
    await refuses(`${folder}/empty`, /does not exist/);
  }));

Deno.test("a truncated store is named, wherever it is cut", () =>
  withFolder(async (folder) => {
    const path = `${folder}/out.lmdb`;
    await write(`${folder}/in`, { "a.mp4": "a".repeat(1 << 20), "b.mp4": "b" });
    await packVideos(`${folder}/in`, path);
    const whole = await Deno.readFile(path);
    for (const size of [28, 200, 4096, 4300, 100_000, whole.length / 2]) {
      await Deno.writeFile(path, whole.slice(0, size));
      await refuses(path, /is truncated \(\d+( of \d+)? bytes are there\)/);
    }
  }));

Deno.test("a store in a folder of its own is opened by the folder", () =>
  withFolder(async (folder) => {
    await write(`${folder}/in`, { "a.mp4": "1" });
    await packVideos(`${folder}/in`, `${folder}/store/data.mdb`);
    assert.deepEqual(await contents(`${folder}/store`), { "a.mp4": "1" });
  }));
