import assert from "node:assert/strict";
import { VideoStore } from "../../src/data/store.ts";
import { withFolder } from "../io/folder.ts";
import { outcome, run, start, until } from "./process.ts";

const script = new URL("../../tasks/pack.ts", import.meta.url).pathname;

const pack = (...args: string[]) => run("pack", ...args);

Deno.test("the pack task packs a folder and sums up in one line", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/in`);
    await Deno.writeFile(`${folder}/in/a.mp4`, new Uint8Array(300_000));
    await Deno.writeTextFile(`${folder}/in/notes.txt`, "");
    const output = `${folder}/out.lmdb`;
    const first = await pack(`${folder}/in`, output);
    assert.equal(first.code, 0, first.err);
    assert.equal(first.out, "");
    assert.equal(
      first.err,
      `Packed 1 video (300.0 kB) into ${output}; left out, by their names no videos: 1\n`,
    );
    await using store = await VideoStore.open(output);
    assert.equal(store.get("a.mp4")?.length, 300_000);

    const again = await pack(`${folder}/in`, output);
    assert.equal(again.code, 1);
    assert.equal(again.err, `error: ${output} exists; remove it, or choose another name\n`);
  }));

Deno.test("the pack task asks for what is missing with exit code 2", async () => {
  const { code, err } = await pack("videos");
  assert.equal(code, 2);
  assert.match(err, /^error: OUTPUT is missing; usage: deno task pack FOLDER OUTPUT/);
});

Deno.test("the pack task takes LMDB's format, and names the two", async () => {
  const { code, err } = await pack("videos", "x.lmdb", "--lmdb-format", "3");
  assert.equal(code, 2);
  assert.equal(err, 'error: --lmdb_format: "3" will not do; it takes 1 or 2\n');
});

/** Videos that fill two batches and more: each its number, then nothing. */
const COUNT = 40, SIZE = 4 << 20, BATCH = 1 << 26;

async function makeVideos(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  for (let i = 0; i < COUNT; i++) {
    await Deno.writeFile(`${folder}/${i}.mp4`, new Uint8Array([i]));
    await Deno.truncate(`${folder}/${i}.mp4`, SIZE);
  }
}

/** Starts a pack, and sends it a signal when it writes its second batch: the first one is kept. */
async function packUntil(signal: "SIGINT" | "SIGKILL", ...args: string[]) {
  const child = start("pack", ...args);
  const written = () => Deno.stat(`${args[1]}.partial`).then((stat) => stat.size, () => 0);
  await until(child, async () => await written() >= BATCH + SIZE);
  child.kill(signal);
  const { code, err } = await outcome(child);
  return { code, err, ended: (await child.status).signal };
}

/** That the database at `path` holds all the videos. */
async function isWhole(path: string): Promise<void> {
  await using store = await VideoStore.open(path);
  assert.equal(store.size, COUNT);
  for (let i = 0; i < COUNT; i++) {
    const bytes = store.get(`${i}.mp4`)!;
    assert.ok(bytes.length === SIZE && bytes[0] === i && bytes[1] === 0, `${i}`);
  }
}

for (const format of ["1", "2"]) {
  const flags = ["--lmdb-format", format];

  Deno.test(`a pack in format ${format} that is killed leaves no database, and the next completes it`, () =>
    withFolder(async (folder) => {
      const output = `${folder}/out.lmdb`;
      await makeVideos(`${folder}/in`);
      const { ended } = await packUntil("SIGKILL", `${folder}/in`, output, ...flags);
      assert.equal(ended, "SIGKILL");
      await assert.rejects(Deno.stat(output), Deno.errors.NotFound);
      // What is there by now can be read.
      await using partial = await VideoStore.open(`${output}.partial`);
      assert.ok(format === "2" || partial.size >= 16, `${partial.size}`);

      const { code, err } = await pack(`${folder}/in`, output, ...flags);
      assert.equal(code, 0, err);
      await isWhole(output);
    }));

  Deno.test(`a pack in format ${format} that is interrupted ends with code 130 and goes on`, () =>
    withFolder(async (folder) => {
      const output = `${folder}/out.lmdb`;
      await makeVideos(`${folder}/in`);
      const stopped = await packUntil("SIGINT", `${folder}/in`, output, ...flags);
      assert.equal(stopped.code, 130, stopped.err);
      assert.match(stopped.err, /Stopping after this video/);
      assert.match(stopped.err, /Not finished; the same command goes on.\n$/);

      const { code, err } = await pack(`${folder}/in`, output, ...flags);
      assert.equal(code, 0, err);
      assert.match(err, /Packed 40 videos .*; \d+ of them by an earlier run\n$/);
      await isWhole(output);
    }));
}

Deno.test("a pack that does not fit on the disk says so in one line, and goes on when there is room", () =>
  withFolder(async (folder) => {
    await makeVideos(`${folder}/in`);
    for (const format of ["1", "2"]) {
      const args = [`${folder}/in`, `${folder}/out.lmdb`, "--lmdb-format", format];
      // A limit on the size of a file, in KiB, stands in for a full disk.
      const limit = `trap "" XFSZ; ulimit -f 100000; exec "$0" run -A --quiet "$@"`;
      const { code, stderr } = await new Deno.Command("bash", {
        args: ["-c", limit, Deno.execPath(), script, ...args],
        env: { NO_COLOR: "1" },
      }).output();
      const err = new TextDecoder().decode(stderr);
      assert.equal(code, 1, err);
      assert.match(err, /^error: cannot write .*out.lmdb.partial \(.*\); check .* its disk\n$/);

      assert.equal((await pack(...args)).code, 0);
      await isWhole(`${folder}/out.lmdb`);
      await Deno.remove(`${folder}/out.lmdb`);
    }
  }));

Deno.test("a reader beside a running pack finds whole videos, and the database only at its end", () =>
  withFolder(async (folder) => {
    const output = `${folder}/out.lmdb`;
    await makeVideos(`${folder}/in`);
    let running = true;
    const packing = pack(`${folder}/in`, output, "--lmdb-format", "1")
      .finally(() => running = false);
    const sizes = new Set<number>();
    while (running) {
      // Whichever of the two is there when it is opened.
      for (const path of [output, `${output}.partial`]) {
        await using store = await VideoStore.open(path).catch(() => undefined);
        if (store === undefined) continue;
        if (path === output) assert.equal(store.size, COUNT);
        for (const name of store.names()) assert.equal(store.get(name)?.[0], parseInt(name));
        sizes.add(store.size);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.equal((await packing).code, 0);
    assert.ok([...sizes].some((size) => size > 0 && size < COUNT), `${[...sizes]}`);
    await isWhole(output);
  }));
