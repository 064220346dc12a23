import assert from "node:assert/strict";
import { packVideos } from "../../../src/data/pack.ts";
import { VideoStore } from "../../../src/data/store.ts";
import { Buffer } from "node:buffer";
import { listing, withFolder } from "../../io/folder.ts";
import { packInPython, readInPython, writeInPython } from "./python.ts";

/** Makes `count` files of different bytes and lengths, an empty one and one of 5 MB among them. */
async function makeVideos(folder: string, count: number): Promise<Map<string, Uint8Array>> {
  await Deno.mkdir(folder);
  const videos = new Map<string, Uint8Array>();
  for (let i = 0; i < count; i++) {
    const length = i === 7 ? 5_000_000 : i * 131 % 9000;
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 31 + i) >> (at % 7));
    const name = i % 5 === 0 ? `vidéo ${i} 動画.mp4` : `video${i}.avi`;
    videos.set(name, bytes);
    await Deno.writeFile(`${folder}/${name}`, bytes);
  }
  return videos;
}

/** Names as LMDB orders them. */
function inOrder(names: Iterable<string>): string[] {
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** That the store holds these videos and nothing else. */
async function holds(path: string, videos: ReadonlyMap<string, Uint8Array>): Promise<void> {
  await using store = await VideoStore.open(path);
  assert.equal(store.format, 1);
  assert.equal(store.size, videos.size);
  assert.deepEqual([...store.names()], inOrder(videos.keys()));
  for (const [name, bytes] of videos) {
    const found = store.get(name);
    assert.ok(found !== undefined && Buffer.compare(found, bytes) === 0, name);
  }
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice())).toHex();
}

Deno.test("what the original packs is read, every name and byte", () =>
  withFolder(async (folder) => {
    const videos = await makeVideos(`${folder}/in`, 1000), path = `${folder}/theirs.lmdb`;
    await packInPython(`${folder}/in`, path);
    await Deno.remove(`${path}-lock`);
    await holds(path, videos);
    assert.deepEqual(await listing(folder), ["in", "theirs.lmdb"], "reading leaves nothing behind");
  }));

Deno.test("what is packed here in format 1 Python reads, every name and byte", () =>
  withFolder(async (folder) => {
    const videos = await makeVideos(`${folder}/in`, 500), path = `${folder}/ours.lmdb`;
    const bytes = [...videos.values()].reduce((sum, { length }) => sum + length, 0);
    const summary = await packVideos(`${folder}/in`, path, { format: 1 });
    assert.deepEqual(summary, { videos: 500, bytes, resumed: 0, ignored: 0, finished: true });
    const expected = inOrder(videos.keys()).map(async (name) => [
      name,
      await sha256(videos.get(name)!),
    ]);
    assert.deepEqual(await readInPython(path), await Promise.all(expected));
    await holds(path, videos);
    assert.deepEqual(await listing(folder), ["in", "ours.lmdb"]);
    const { size, blocks } = await Deno.stat(path);
    assert.ok(size < 2 * bytes && blocks! * 512 >= bytes, `${size} bytes, not sparse`);
  }));

Deno.test("the database of the fixtures, which Python wrote, holds its clips", async () => {
  const fixtures = new URL("../../../fixtures/", import.meta.url).pathname;
  const clips = ["h264.mp4", "odd.webm", "vfr.mp4"].map(async (name) =>
    [name, await Deno.readFile(`${fixtures}videos/${name}`)] as const
  );
  await holds(`${fixtures}lmdb/format1.lmdb`, new Map(await Promise.all(clips)));
});

Deno.test("an empty database of Python's holds nothing", () =>
  withFolder(async (folder) => {
    await writeInPython(`${folder}/empty.lmdb`, "");
    await holds(`${folder}/empty.lmdb`, new Map());
    await using store = await VideoStore.open(`${folder}/empty.lmdb`);
    for (const name of ["a.mp4", "", "n".repeat(600)]) assert.equal(store.get(name), undefined);
  }));

Deno.test("a database in Python's form of a folder is read by the folder", () =>
  withFolder(async (folder) => {
    const videos = await makeVideos(`${folder}/in`, 20), path = `${folder}/theirs`;
    await Deno.mkdir(path);
    await packInPython(`${folder}/in`, path);
    assert.deepEqual(await listing(path), ["data.mdb", "lock.mdb"]);
    await holds(path, videos);
  }));

Deno.test("a large video passes both ways, alone and beside others", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/in`);
    const videos = new Map<string, Uint8Array>();
    for (
      const [name, length] of [["a.mp4", 5], ["b.mp4", 70_000_001], ["c.mp4", 70_000]] as const
    ) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += 997) bytes[at] = at / 997;
      videos.set(name, bytes);
      await Deno.writeFile(`${folder}/in/${name}`, bytes);
    }
    await packInPython(`${folder}/in`, `${folder}/theirs.lmdb`);
    await holds(`${folder}/theirs.lmdb`, videos);
    await packVideos(`${folder}/in`, `${folder}/ours.lmdb`, { format: 1 });
    assert.deepEqual(
      await readInPython(`${folder}/ours.lmdb`),
      await readInPython(`${folder}/theirs.lmdb`),
    );
  }));

Deno.test("what Python adds to an open database is found, also where the file outgrew the map", () =>
  withFolder(async (folder) => {
    const path = `${folder}/theirs.lmdb`;
    const put = (name: string, length: number) =>
      `with env.begin(write=True) as txn: txn.put(b"${name}", b"x" * ${length})`;
    await writeInPython(path, put("a.mp4", 10));
    await using store = await VideoStore.open(path);
    assert.equal(store.size, 1);
    await writeInPython(path, put("b.mp4", 3_000_000));
    assert.equal(store.get("b.mp4")?.length, 3_000_000);
    assert.deepEqual([...store.names()], ["a.mp4", "b.mp4"]);
  }));

Deno.test("without liblmdb an error says what to install, and a started pack is kept", () =>
  withFolder(async (folder) => {
    const fixture = new URL("../../../fixtures/lmdb/format1.lmdb", import.meta.url).pathname;
    await Deno.mkdir(`${folder}/in`);
    await Deno.writeTextFile(`${folder}/in/a.mp4`, "a");
    await Deno.writeTextFile(`${folder}/x.lmdb.partial`, "of another format");
    const variable = "CENTERCLIP_LIBLMDB", before = Deno.env.get(variable);
    Deno.env.set(variable, `${folder}/liblmdb.so`);
    try {
      const expected = {
        name: "UserError",
        message: /takes liblmdb, which cannot be loaded \(.*liblmdb.so.*apt-get install liblmdb0;/,
      };
      await assert.rejects(VideoStore.open(fixture), expected);
      await assert.rejects(
        packVideos(`${folder}/in`, `${folder}/x.lmdb`, { format: 1 }),
        expected,
      );
      assert.deepEqual(await listing(folder), ["in", "x.lmdb.partial"]);
    } finally {
      if (before === undefined) Deno.env.delete(variable);
      else Deno.env.set(variable, before);
    }
  }));
