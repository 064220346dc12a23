import assert from "node:assert/strict";
import { writeFolder } from "../../src/io/atomic_folder.ts";
import { listing, withFolder } from "./folder.ts";

Deno.test("writeFolder makes a folder of files, in folders of their own where they have them", () =>
  withFolder(async (folder) => {
    const path = `${folder}/out`;
    await Deno.mkdir(path);
    await writeFolder(path, [["a", Uint8Array.of(1)], ["b/c", Uint8Array.of(2)]]);
    assert.deepEqual(await listing(path), ["a", "b"]);
    assert.deepEqual([...await Deno.readFile(`${path}/b/c`)], [2]);
    assert.deepEqual(await listing(folder), ["out"]);
  }));

Deno.test("writeFolder leaves nothing where it fails, and what was there as it was", () =>
  withFolder(async (folder) => {
    const path = `${folder}/out`;
    function* failing(): Generator<[string, Uint8Array]> {
      yield ["a", Uint8Array.of(1)];
      throw new Error("the video ends");
    }
    await assert.rejects(writeFolder(path, failing()), {
      ...{
        name: "UserError",
        message: `cannot make the folder ${path} (the video ends); choose another`,
      },
    });
    assert.deepEqual(await listing(folder), []);

    await Deno.mkdir(path);
    await Deno.writeTextFile(`${path}/old`, "");
    await assert.rejects(writeFolder(path, [["a", Uint8Array.of(1)]]), { name: "UserError" });
    await assert.rejects(writeFolder(`${folder}/none/out`, []), { name: "UserError" });
    assert.deepEqual([await listing(folder), await listing(path)], [["out"], ["old"]]);
  }));
