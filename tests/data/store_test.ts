import assert from "node:assert/strict";
import { packVideos } from "../../src/data/pack.ts";
import { VideoStore } from "../../src/data/store.ts";
import { UserError } from "../../src/errors.ts";
import { listing, withFolder } from "../io/folder.ts";

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

for (const format of [1, 2] as const) {
  const of = `format ${format}`;

  Deno.test(`packVideos() stores every video under its file name in ${of}`, () =>
    withFolder(async (folder) => {
      await write(`${folder}/in`, {
        "b.mp4": "first",
        "deep/er/ü 1.AVI": "x".repeat(100_000),
        "deep/empty.m2ts": "",
        "readme.txt": "no video",
        ".hidden.mp4": "no video",
        ".trash/c.mp4": "no video",
      });
      const steps: number[] = [];
      const summary = await packVideos(`${folder}/in/`, `${folder}/out.lmdb`, {
        format,
        onProgress: (done, total) => steps.push(done / total),
      });
      assert.deepEqual(summary, {
        ...{ videos: 3, bytes: 100_005, resumed: 0, ignored: 1, finished: true },
      });
      assert.deepEqual(steps, [0, 1 / 3, 2 / 3, 1]);
      assert.deepEqual(await contents(`${folder}/out.lmdb`), {
        "b.mp4": "first",
        "empty.m2ts": "",
        "ü 1.AVI": "x".repeat(100_000),
      });
      const left = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
      // Readers of format 2 leave a lock file.
      assert.deepEqual(left, ["in", "out.lmdb", ...format === 2 ? ["out.lmdb-lock"] : []]);
    }));

  Deno.test(`a store of ${of} hands out copies and nothing for a name it does not hold`, () =>
    withFolder(async (folder) => {
      await write(`${folder}/in`, { "a.mp4": "aaaa", "b.mp4": "bbbb" });
      await packVideos(`${folder}/in`, `${folder}/out.lmdb`, { format });
      await using store = await VideoStore.open(`${folder}/out.lmdb`);
      const a = store.get("a.mp4")!;
      store.get("b.mp4")!.fill(0);
      assert.deepEqual([...a], [97, 97, 97, 97]);
      assert.equal(a.byteLength, a.buffer.byteLength);
      assert.deepEqual([...store.get("b.mp4")!], [98, 98, 98, 98]);
      for (const name of ["c.mp4", "a.mp", "", "n".repeat(2000)]) {
        assert.equal(store.get(name), undefined);
      }
    }));

  Deno.test(`packVideos() that was stopped leaves no database and goes on, in ${of}`, () =>
    withFolder(async (folder) => {
      const output = `${folder}/out.lmdb`, stop = new AbortController();
      await write(`${folder}/in`, { "a.mp4": "1", "b.mp4": "22", "c.mp4": "333", "d.mp4": "4444" });
      const onProgress = (done: number) => done === 2 && stop.abort();
      const signal = stop.signal;
      const stopped = await packVideos(`${folder}/in`, output, { format, onProgress, signal });
      assert.deepEqual(stopped, {
        ...{ videos: 2, bytes: 3, resumed: 0, ignored: 0, finished: false },
      });
      await refuses(output, /does not exist/);

      // Meanwhile one video grew, and one went.
      await write(`${folder}/in`, { "b.mp4": "two" });
      await Deno.remove(`${folder}/in/a.mp4`);
      const summary = await packVideos(`${folder}/in`, output, { format });
      assert.deepEqual(summary, { videos: 3, bytes: 10, resumed: 0, ignored: 0, finished: true });
      assert.deepEqual(await contents(output), { "b.mp4": "two", "c.mp4": "333", "d.mp4": "4444" });
    }));

  Deno.test(`packVideos() keeps what a stopped run has packed in ${of}`, () =>
    withFolder(async (folder) => {
      const output = `${folder}/out.lmdb`, stop = new AbortController();
      await write(`${folder}/in`, { "a.mp4": "1", "b.mp4": "22", "c.mp4": "333" });
      const onProgress = (done: number) => done === 2 && stop.abort();
      await packVideos(`${folder}/in`, output, { format, onProgress, signal: stop.signal });
      assert.equal((await packVideos(`${folder}/in`, output, { format })).resumed, 2);
    }));
}

Deno.test("packVideos() starts anew over the remains of a run that was killed at once", () =>
  withFolder(async (folder) => {
    await write(folder, { "in/a.mp4": "1", "out.lmdb.partial": "" });
    assert.equal((await packVideos(`${folder}/in`, `${folder}/out.lmdb`)).videos, 1);
    await write(folder, { "in/a.mp4": "1", "two.lmdb.partial": "not a database" });
    assert.equal((await packVideos(`${folder}/in`, `${folder}/two.lmdb`)).videos, 1);
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
    await rejects("none", output, /none is no folder/);
    await rejects("in/a.mp4", output, /a.mp4 is no folder/);
    await rejects("text", output, /holds no video \(1 other files\)/);
    await Deno.symlink(`${folder}/gone`, `${folder}/in/b.mp4`);
    await rejects("in", output, /cannot read .*b.mp4/);
    assert.equal(await Deno.readTextFile(`${folder}/there.lmdb`), "precious");
  }));

Deno.test("packVideos() follows links, each folder once", () =>
  withFolder(async (folder) => {
    await write(folder, { "in/a.mp4": "1", "else/b.mp4": "2" });
    await Deno.symlink(`${folder}/else`, `${folder}/in/link`);
    await Deno.symlink(`${folder}/else`, `${folder}/in/same`);
    await Deno.symlink(`${folder}/in`, `${folder}/in/circle`);
    assert.equal((await packVideos(`${folder}/in`, `${folder}/out.lmdb`)).videos, 2);
  }));

Deno.test("a missing store is named, and no folder appears in its place", () =>
  withFolder(async (folder) => {
    await refuses(`${folder}/none/x.lmdb`, /does not exist; pack the videos with/);
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("a store in a folder of its own is opened by the folder", () =>
  withFolder(async (folder) => {
    await write(`${folder}/in`, { "a.mp4": "1" });
    for (const format of [1, 2] as const) {
      await Deno.mkdir(`${folder}/store${format}`);
      await packVideos(`${folder}/in`, `${folder}/store${format}/data.mdb`, { format });
      assert.deepEqual(await contents(`${folder}/store${format}`), { "a.mp4": "1" });
    }
    await Deno.mkdir(`${folder}/empty`);
    await refuses(`${folder}/empty`, /does not exist/);
  }));

Deno.test("packVideos() starts anew over what a run in the other format left", () =>
  withFolder(async (folder) => {
    const output = `${folder}/out.lmdb`;
    await write(`${folder}/in`, { "a.mp4": "1", "b.mp4": "22" });
    for (const [format, other] of [[1, 2], [2, 1]] as const) {
      const stop = new AbortController();
      const onProgress = (done: number) => done === 1 && stop.abort();
      await packVideos(`${folder}/in`, output, { format: other, onProgress, signal: stop.signal });
      const summary = await packVideos(`${folder}/in`, output, { format });
      assert.deepEqual(summary, { videos: 2, bytes: 3, resumed: 0, ignored: 0, finished: true });
      assert.deepEqual(await contents(output), { "a.mp4": "1", "b.mp4": "22" });
      await Deno.remove(output);
    }
  }));

Deno.test("packVideos() names a video of more than 4 GiB, and packs nothing of it", () =>
  withFolder(async (folder) => {
    await write(`${folder}/in`, { "a.mp4": "1", "b.mp4": "" });
    await Deno.truncate(`${folder}/in/b.mp4`, 2 ** 32);
    for (const format of [1, 2] as const) {
      await assert.rejects(packVideos(`${folder}/in`, `${folder}/out.lmdb`, { format }), {
        name: "UserError",
        message: /b.mp4 has 4294967296 bytes, and an LMDB takes at most 4294967295 .* a video; /,
      });
    }
    await refuses(`${folder}/out.lmdb`, /does not exist/);
  }));

/** Runs a script in a process that file permissions bind, also where this one is root's. */
async function runBound(script: string, ...args: string[]): Promise<string> {
  const words = [Deno.execPath(), "run", "-A", "--no-check", "--quiet", script, ...args];
  // Root may write everywhere, unless it gives up that right.
  const rights = "-dac_override,-dac_read_search";
  const [command, ...rest] = Deno.uid() === 0
    ? ["setpriv", `--inh-caps=${rights}`, `--bounding-set=${rights}`, ...words]
    : words;
  const { stdout, stderr } = await new Deno.Command(command, { args: rest }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("a store of either format is read where nothing can be written", () =>
  withFolder(async (folder) => {
    await write(`${folder}/in`, { "a.mp4": "1", "b.mp4": "22" });
    await Deno.mkdir(`${folder}/out`);
    for (const format of [1, 2] as const) {
      await packVideos(`${folder}/in`, `${folder}/out/${format}.lmdb`, { format });
      await Deno.chmod(`${folder}/out/${format}.lmdb`, 0o444);
    }
    await Deno.chmod(`${folder}/out`, 0o555);
    try {
      const probe = new URL("store_probe.ts", import.meta.url).pathname;
      assert.equal(
        await runBound(probe, `${folder}/out`, "1.lmdb", "2.lmdb"),
        "cannot be written\na.mp4 1, b.mp4 2\na.mp4 1, b.mp4 2\n",
      );
      assert.deepEqual(await listing(`${folder}/out`), ["1.lmdb", "2.lmdb"]);
    } finally {
      await Deno.chmod(`${folder}/out`, 0o755);
    }
  }));
