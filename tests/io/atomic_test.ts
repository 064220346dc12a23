import assert from "node:assert/strict";
import { UserError } from "../../src/errors.ts";
import {
  removeAllLeftovers,
  removeLeftovers,
  writeAtomic,
  writeAtomicBy,
} from "../../src/io/atomic.ts";
import { listing, withFolder } from "./folder.ts";

const userLine = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof UserError, String(error));
  assert.match(error.message, pattern);
  assert.doesNotMatch(error.message, /\n/);
  return true;
};

Deno.test("writeAtomic takes text, bytes, and chunks from a list or a stream", () =>
  withFolder(async (folder) => {
    const path = `${folder}/file`;
    const chunks = () => [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3)];
    async function* stream() {
      yield* chunks();
      await Promise.resolve();
    }
    await writeAtomic(path, "größe\n");
    assert.equal(await Deno.readTextFile(path), "größe\n");
    for (const content of [Uint8Array.of(1, 2, 3), chunks(), stream()]) {
      await writeAtomic(path, content);
      assert.deepEqual(await Deno.readFile(path), Uint8Array.of(1, 2, 3));
    }
    await writeAtomic(path, []);
    assert.equal((await Deno.stat(path)).size, 0);
    assert.deepEqual(await listing(folder), ["file"]);
  }));

Deno.test("a stream that fails in the middle leaves the old file whole and nothing beside it", () =>
  withFolder(async (folder) => {
    const path = `${folder}/ckpt`;
    const failure = new Error("the GPU was lost");
    async function* failing() {
      yield new Uint8Array(100_000);
      await Promise.resolve();
      throw failure;
    }
    await assert.rejects(writeAtomic(path, failing()), failure);
    assert.deepEqual(await listing(folder), []);
    await writeAtomic(path, "old");
    await assert.rejects(writeAtomic(path, failing()), failure);
    assert.deepEqual(await listing(folder), ["ckpt"]);
    assert.equal(await Deno.readTextFile(path), "old");
  }));

Deno.test("until the last chunk is in, readers see the old file", () =>
  withFolder(async (folder) => {
    const path = `${folder}/ckpt`;
    await writeAtomic(path, "old");
    async function* watching() {
      yield new TextEncoder().encode("ne");
      assert.equal(await Deno.readTextFile(path), "old");
      yield new TextEncoder().encode("w");
    }
    await writeAtomic(path, watching());
    assert.equal(await Deno.readTextFile(path), "new");
  }));

Deno.test("of writers at the same time each leaves a whole file", () =>
  withFolder(async (folder) => {
    const path = `${folder}/file`;
    const texts = Array.from({ length: 8 }, (_, i) => String(i).repeat(50_000));
    await Promise.all(texts.map((text) => writeAtomic(path, text)));
    assert.ok(texts.includes(await Deno.readTextFile(path)));
    assert.deepEqual(await listing(folder), ["file"]);
  }));

Deno.test("a writer killed in the middle leaves the old file, and its leftover can be cleared", () =>
  withFolder(async (folder) => {
    const path = `${folder}/ckpt`;
    await writeAtomic(path, "old");
    await Deno.writeTextFile(`${folder}/.ckpt.notes.tmp`, "not of a writer");
    const module = new URL("../../src/io/atomic.ts", import.meta.url).href;
    const script = `
      import { writeAtomic } from ${JSON.stringify(module)};
      function* endless() {
        for (;;) {
          yield new Uint8Array(1000);
          console.log("written");
        }
      }
      await writeAtomic(${JSON.stringify(path)}, endless());`;
    const scriptPath = `${folder}/writer.ts`;
    await Deno.writeTextFile(scriptPath, script);
    const writer = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--no-lock", "--no-config", scriptPath],
      stdout: "piped",
    }).spawn();
    const reader = writer.stdout.getReader();
    assert.ok(!(await reader.read()).done, "the writer was at work");
    writer.kill("SIGKILL");
    await reader.cancel();
    await writer.status;
    await Deno.remove(scriptPath);

    assert.equal(await Deno.readTextFile(path), "old");
    assert.equal((await listing(folder)).length, 3);
    assert.equal(await removeLeftovers(path), 1);
    assert.deepEqual(await listing(folder), [".ckpt.notes.tmp", "ckpt"]);
  }));

Deno.test("a path without a folder is written in the current one, and / is a folder", async () => {
  const name = `atomic_${crypto.randomUUID()}.tmp`;
  try {
    await writeAtomic(name, "here");
    assert.equal(await Deno.readTextFile(`./${name}`), "here");
    assert.equal(await removeLeftovers(name), 0);
  } finally {
    await Deno.remove(name);
  }
  assert.equal(await removeLeftovers(`/${name}`), 0);
});

Deno.test("what the file system refuses is one line that names the place", () =>
  withFolder(async (folder) => {
    await writeAtomic(`${folder}/file`, "");
    await Deno.mkdir(`${folder}/taken/full`, { recursive: true });
    await assert.rejects(
      writeAtomic(`${folder}/missing/x`, "x"),
      userLine(/cannot write .*missing\/x: the folder .*missing does not exist; create it/),
    );
    await assert.rejects(
      writeAtomic(`${folder}/file/x`, "x"),
      userLine(/cannot write .*file\/x: .*file is not a folder/),
    );
    await assert.rejects(writeAtomic(`${folder}/taken`, "x"), userLine(/cannot write .*taken: /));
    assert.deepEqual(await listing(folder), ["file", "taken"]);
  }));

Deno.test({
  name: "a folder without write permission is one line that says so",
  permissions: { read: true, write: false },
  fn: () =>
    assert.rejects(
      writeAtomic("runs/x", "x"),
      userLine(/^cannot write runs\/x: no permission to write in runs; choose another folder/),
    ),
});

Deno.test("writeAtomicBy lets another fill the file, and keeps the old one where that fails", () =>
  withFolder(async (folder) => {
    const path = `${folder}/clip.mp4`;
    const size = await writeAtomicBy(path, async (temporary) => {
      assert.deepEqual(await listing(folder), [temporary.slice(folder.length + 1)]);
      await Deno.writeTextFile(temporary, "whole");
      return 5;
    });
    assert.equal(size, 5);
    const failure = new Error("no video");
    const failing = writeAtomicBy(path, async (temporary) => {
      await Deno.writeTextFile(temporary, "half");
      throw failure;
    });
    await assert.rejects(failing, failure);
    assert.equal(await Deno.readTextFile(path), "whole");
    assert.deepEqual(await listing(folder), ["clip.mp4"]);
  }));

Deno.test("removeAllLeftovers clears what killed writers of any path left, and nothing else", () =>
  withFolder(async (folder) => {
    const kept = [".a.mp4.12-0123.tmp", "a.mp4", "b.12-0123abcd.tmp", ".hidden"];
    for (const name of [...kept, ".a.mp4.12-0123abcd.tmp"]) {
      await Deno.writeTextFile(`${folder}/${name}`, "");
    }
    await Deno.mkdir(`${folder}/.b.34-89abcdef.tmp/full`, { recursive: true });
    assert.equal(await removeAllLeftovers(folder), 2);
    assert.deepEqual(await listing(folder), kept.toSorted());
    assert.equal(await removeAllLeftovers(`${folder}/none`), 0);
    await assert.rejects(
      removeAllLeftovers(`${folder}/a.mp4`),
      userLine(/^cannot clear .*a.mp4 \(.*\); check its permissions$/),
    );
  }));

Deno.test("removeLeftovers spares those of a path whose name goes on", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/.ckpt.best.12-0123abcd.tmp`, "");
    assert.equal(await removeLeftovers(`${folder}/ckpt`), 0);
    assert.equal(await removeLeftovers(`${folder}/ckpt.best`), 1);
  }));
