import assert from "node:assert/strict";
import { packVideos } from "../../../src/data/pack.ts";
import { VideoStore } from "../../../src/data/store.ts";
import { Buffer } from "node:buffer";
import { listing, withFolder } from "../../io/folder.ts";
import { packInPython, readInPython } from "./python.ts";

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
  for (const [name, bytes] of videos) assert.deepEqual(store.get(name), bytes, name);
}

async function sha256(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice())).toHex();
}

Deno.test("what the original packs is read, every name and byte", () =>
  withFolder(async (folder) => {
    const videos = await makeVideos(`${folder}/in`, 2000), path = `${folder}/theirs.lmdb`;
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
    assert.deepEqual(summary, { videos: 500, bytes, resumed: 0, ignored: 0 });
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
