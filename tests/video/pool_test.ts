import assert from "node:assert/strict";
import { PlaceError } from "../../src/errors.ts";
import { WorkerPool } from "../../src/video/pool.ts";
import { listing, withFolder } from "../io/folder.ts";

Deno.test("a scratch folder that cannot be written is no video's fault", () =>
  withFolder(async (folder) => {
    using pool = new WorkerPool({ scratch: `${folder}/none` }, 1);
    const source = { name: "a.mp4", bytes: new Uint8Array(9) };
    const options = { choose: { rule: "all" } } as const;
    await assert.rejects(pool.run(() => ({ kind: "decode", source, options })), (error) => {
      assert.ok(error instanceof PlaceError && error.name === "UserError", `${error}`);
      assert.match(error.message, /^cannot write to .*none .*; make room there/);
      return true;
    });
  }));

Deno.test("a process that ends at once leaves no scratch folder", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/scratch`);
    await Deno.writeTextFile(`${folder}/scratch/a.mp4`, "half of a video");
    const script = new URL("./pool_probe.ts", import.meta.url).pathname;
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", script, `${folder}/scratch`],
    }).output();
    assert.deepEqual([code, new TextDecoder().decode(stderr)], [7, ""]);
    assert.deepEqual(await listing(folder), []);
  }));
