import assert from "node:assert/strict";
import { keptByFrame, readIds } from "../../src/data/kept_ids.ts";
import { withFolder } from "../io/folder.ts";
import { npy } from "../io/npy.ts";

Deno.test("readIds() takes .npy and JSON, with a dimension of one before", () =>
  withFolder(async (folder) => {
    const values = Int32Array.of(1, 2, 3, 4, 5, 6);
    await Deno.writeFile(`${folder}/a.npy`, npy("<i4", [2, 3], values));
    await Deno.writeFile(`${folder}/b.npy`, npy("<i4", [1, 2, 3], values));
    await Deno.writeTextFile(`${folder}/c.json`, "[[1, 2, 3], [4, 5, 6]]");
    await Deno.writeTextFile(`${folder}/d.json`, "[[[1, 2, 3], [4, 5, 6]]]");
    for (const name of ["a.npy", "b.npy", "c.json", "d.json"]) {
      assert.deepEqual(await readIds(`${folder}/${name}`), [[1, 2, 3], [4, 5, 6]], name);
    }
  }));

Deno.test("readIds() refuses anything else in one line", () =>
  withFolder(async (folder) => {
    const rejects = (name: string, message: RegExp) =>
      assert.rejects(readIds(`${folder}/${name}`), { name: "UserError", message });
    await Deno.writeFile(`${folder}/flat.npy`, npy("<i4", [3], Int32Array.of(1, 2, 3)));
    await Deno.writeFile(`${folder}/deep.npy`, npy("<i4", [3, 1, 1], Int32Array.of(1, 2, 3)));
    await Deno.writeTextFile(`${folder}/object.json`, `{"ids": [[1]]}`);
    await Deno.writeTextFile(`${folder}/half.json`, "[[1, 2.5]]");
    await Deno.writeTextFile(`${folder}/empty.json`, "[]");
    await rejects("flat.npy", /flat.npy holds an array of shape \(3\); give ids of shape/);
    await rejects("deep.npy", /of shape \(3, 1, 1\)/);
    for (const name of ["object.json", "half.json", "empty.json"]) {
      await rejects(name, /holds something else; give ids of shape \[segments, K\]/);
    }
    await rejects("none.npy", /cannot read .*none.npy/);
    await rejects("none.json", /none.json is missing/);
  }));

Deno.test("keptByFrame() refuses segments and ids that do not fit", () => {
  const refuses = (ids: number[][], message: RegExp) =>
    assert.throws(() => keptByFrame(ids, { frames: 12, patches: 49, name: "ids.npy" }), {
      ...{ name: "UserError", message },
    });
  refuses([[0], [0], [0], [0], [0]], /^ids.npy holds 5 segments, which do not divide 12 frames/);
  refuses([[0], [0], [0, 196]], /the id 196 of segment 2 is not one of its 196 tokens/);
  refuses([[-1]], /the id -1 of segment 0/);
  const kept = keptByFrame([[195], [0, 49], [48]], { frames: 12, patches: 49, name: "" });
  assert.deepEqual(kept.map((ids) => [...ids]), [
    ...[[], [], [], [48]],
    ...[[0], [0], [], []],
    ...[[48], [], [], []],
  ]);
});
