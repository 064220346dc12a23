import assert from "node:assert/strict";
import { VideoStore } from "../../src/data/store.ts";
import { withFolder } from "../io/folder.ts";

const script = new URL("../../tasks/pack.ts", import.meta.url).pathname;

async function pack(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

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
      `Packed 1 video (0.3 MB) into ${output}; left out, by their names no videos: 1\n`,
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

Deno.test("a pack that is killed leaves no database, and the next one completes it", () =>
  withFolder(async (folder) => {
    const output = `${folder}/out.lmdb`, count = 300, size = 50_000;
    await Deno.mkdir(`${folder}/in`);
    for (let i = 0; i < count; i++) {
      await Deno.writeFile(`${folder}/in/${i}.mp4`, new Uint8Array(size).fill(i));
    }
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", script, `${folder}/in`, output],
      stderr: "null",
    }).spawn();
    const written = () => Deno.stat(`${output}.partial`).then((stat) => stat.size, () => 0);
    while (await written() < size * 2) await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill("SIGKILL");
    assert.equal((await child.status).signal, "SIGKILL");
    await assert.rejects(Deno.stat(output), Deno.errors.NotFound);

    assert.equal((await pack(`${folder}/in`, output)).code, 0);
    await using store = await VideoStore.open(output);
    assert.equal(store.size, count);
    for (let i = 0; i < count; i++) {
      assert.deepEqual(store.get(`${i}.mp4`), new Uint8Array(size).fill(i));
    }
  }));
