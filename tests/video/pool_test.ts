import assert from "node:assert/strict";
import { PlaceError } from "../../src/errors.ts";
import { WorkerPool } from "../../src/video/pool.ts";
import { withFolder } from "../io/folder.ts";

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
