import assert from "node:assert/strict";
import { filesBelow } from "../../src/data/files_below.ts";
import { withFolder } from "../io/folder.ts";

Deno.test("filesBelow() follows links, enters each folder once, and leaves out what is hidden", () =>
  withFolder(async (folder) => {
    const root = `${folder}/.in`; // only what lies below it is judged
    for (const path of [".in/real", ".in/.trash", "out/deep"]) {
      await Deno.mkdir(`${folder}/${path}`, { recursive: true });
    }
    const files = ["a.txt", "real/b.mp4", "real/._b.mp4", ".trash/c.mp4", "../out/deep/d.mp4"];
    for (const file of files) await Deno.writeTextFile(`${root}/${file}`, "");
    await Deno.symlink("real", `${root}/alias`); // its own name is the one that counts
    await Deno.symlink("../out", `${root}/y`);
    await Deno.symlink("../out", `${root}/x`);
    await Deno.symlink(root, `${folder}/out/circle`);
    await Deno.symlink("../a.txt", `${root}/real/file`);
    await Deno.symlink("gone", `${root}/gone.mp4`);
    const found = await filesBelow(root);
    assert.deepEqual(found.files.toSorted(), ["a.txt", "real/b.mp4", "real/file", "x/deep/d.mp4"]);
    assert.deepEqual(found.broken, ["gone.mp4"]);
    const everywhere = await filesBelow(root, { everyWay: true });
    assert.deepEqual(everywhere.files.toSorted(), [
      ...["a.txt", "alias/b.mp4", "alias/file", "real/b.mp4", "real/file"],
      ...["x/deep/d.mp4", "y/deep/d.mp4"],
    ]);
    for (const path of ["none", ".in/a.txt"]) {
      await assert.rejects(filesBelow(`${folder}/${path}`), {
        ...{
          name: "UserError",
          message: `${folder}/${path} is no folder; give the videos' folder`,
        },
      });
    }
  }));
