import assert from "node:assert/strict";
import { inspectLmdb } from "../../../src/data/lmdb/file.ts";
import { packVideos } from "../../../src/data/pack.ts";
import { VideoStore } from "../../../src/data/store.ts";
import { UserError } from "../../../src/errors.ts";
import { Random } from "../../../src/tensor/random.ts";
import { withFolder } from "../../io/folder.ts";
import { writeInPython } from "./python.ts";

const PAGE = 4096;

/** The problem of a file with these bytes, or its format. */
async function look(path: string, bytes: Uint8Array): Promise<string | number> {
  await Deno.writeFile(path, bytes);
  const found = await inspectLmdb(path);
  return "problem" in found ? found.problem : found.format;
}

/** A database of that many videos, of which every tenth has pages of its own. */
async function database(folder: string, format: 1 | 2, videos: number): Promise<Uint8Array> {
  await Deno.mkdir(`${folder}/in`);
  for (let i = 0; i < videos; i++) {
    const bytes = new Uint8Array(i % 10 === 0 ? 9000 + i : i % 500).fill(i);
    await Deno.writeFile(`${folder}/in/${"n".repeat(i % 100)}${i}.mp4`, bytes);
  }
  await packVideos(`${folder}/in`, `${folder}/whole.lmdb`, { format });
  return await Deno.readFile(`${folder}/whole.lmdb`);
}

/** Opens a file and reads all that it holds: the number of its videos, or why it cannot be read. */
async function readAll(path: string, bytes: Uint8Array): Promise<number | string> {
  await Deno.writeFile(path, bytes);
  try {
    await using store = await VideoStore.open(path);
    let sum = 0;
    // A damaged name may not be found again.
    for (const name of store.names()) sum += store.get(name)?.length ?? 0;
    assert.ok(sum < 1 << 30);
    return store.size;
  } catch (error) {
    assert.ok(error instanceof UserError, `${error}`);
    assert.ok(error.message.includes(path), error.message);
    assert.doesNotMatch(error.message, /\n/);
    return error.message;
  } finally {
    await Deno.remove(`${path}-lock`).catch(() => {});
  }
}

Deno.test("what is no LMDB is told from one that is damaged", () =>
  withFolder(async (folder) => {
    const path = `${folder}/x.lmdb`;
    for (const text of ["", "no database", "no database, and a longer one. ".repeat(300)]) {
      assert.equal(
        await look(path, new TextEncoder().encode(text)),
        `${path} is not an LMDB; pack the videos with: deno task pack FOLDER ${path}`,
      );
    }
    for (const at of [16, 24]) {
      const head = new Uint8Array(2 * PAGE);
      new DataView(head.buffer).setUint32(at, 0xbeefc0de, true);
      assert.match(
        `${await look(path, head)}`,
        /x.lmdb is damaged; copy it again, or remove it and/,
      );
    }
    await Deno.remove(path);
    const missing = await inspectLmdb(path);
    assert.match(
      "problem" in missing ? missing.problem : "",
      /x.lmdb does not exist; pack the videos/,
    );
    const none = await inspectLmdb(folder);
    assert.match("problem" in none ? none.problem : "", /^cannot read .*; check the path and its/);
  }));

for (const format of [1, 2] as const) {
  Deno.test(`a database of format ${format} is refused where it is cut, and ends no process`, () =>
    withFolder(async (folder) => {
      const whole = await database(folder, format, 60), path = `${folder}/x.lmdb`;
      assert.equal(await readAll(path, whole), 60);
      const cuts = Array.from({ length: whole.length / PAGE }, (_, page) => page * PAGE);
      let refused = 0;
      for (const cut of [30, 200, 4300, ...cuts.slice(1), whole.length - 1]) {
        const result = await readAll(path, whole.subarray(0, cut));
        if (result === 60) continue; // the last pages are not in use
        assert.match(
          `${result}`,
          /is truncated \(\d+( of \d+)? bytes are there\); copy it again, or remove it and pack/,
          `cut at ${cut}`,
        );
        refused++;
      }
      assert.ok(refused > cuts.length - 5, `${refused} of ${cuts.length}`);
    }));

  Deno.test(`a database of format ${format} with changed bytes ends no process`, () =>
    withFolder(async (folder) => {
      const whole = await database(folder, format, 200), random = new Random(5, [format]);
      const below = (n: number) => Math.floor(random.uniform() * n);
      const seen = { refused: 0, read: 0 };
      for (let trial = 0; trial < 100; trial++) {
        const bytes = whole.slice(), page = 2 + below(whole.length / PAGE - 2);
        for (let i = 0; i <= trial % 4; i++) {
          bytes[page * PAGE + below(i < 2 ? 64 : PAGE)] = below(256);
        }
        const result = await readAll(`${folder}/x.lmdb`, bytes);
        seen[typeof result === "string" ? "refused" : "read"]++;
      }
      assert.ok(seen.refused > 5 && seen.read > 5, JSON.stringify(seen));
    }));
}

Deno.test("a sound file may end before the pages that it counts", () =>
  withFolder(async (folder) => {
    const path = `${folder}/short.lmdb`;
    await writeInPython(
      path,
      `
with env.begin(write=True) as txn:
    txn.put(b"a", b"a" * 5000)
    txn.delete(b"a")
with env.begin(write=True) as txn: txn.put(b"b.mp4", b"b" * 400000)
with env.begin(write=True) as txn:
    txn.put(b"c", b"c" * 400000)
    txn.delete(b"c")`,
    );
    // The last page, as the meta pages have it.
    const bytes = await Deno.readFile(path), view = new DataView(bytes.buffer);
    const last = Math.max(...[0, PAGE].map((meta) => Number(view.getBigUint64(meta + 136, true))));
    assert.ok(last * PAGE > bytes.length + 64 * PAGE, `${last}`);
    await using store = await VideoStore.open(path);
    assert.deepEqual([...store.names()], ["b.mp4"]);
    assert.equal(store.get("b.mp4")?.length, 400_000);
  }));

Deno.test("a database with several values under one key is no store of videos", () =>
  withFolder(async (folder) => {
    const path = `${folder}/several.lmdb`, bytes = await database(folder, 1, 3);
    // The flags of the videos' tree, in both meta pages.
    for (const meta of [0, PAGE]) bytes[meta + 16 + 72 + 4] |= 4;
    assert.match(
      `${await readAll(path, bytes)}`,
      /holds several values under one key, and no videos/,
    );
  }));
