import assert from "node:assert/strict";
import { textMapJson, videoPaths } from "../../../src/data/prepare/video_paths.ts";
import { withFolder } from "../../io/folder.ts";

async function touch(folder: string, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, "");
  }
}

Deno.test("videoPaths() maps names without their last extension to paths, in order", () =>
  withFolder(async (folder) => {
    await touch(folder, "b.mp4", "x/a.1.avi", "x/y/ü -1.mkv", "10.mp4", "9.mp4", "notes.txt");
    await touch(folder, "__proto__.mp4", ".b.mp4");
    const paths = await videoPaths(`${folder}/`);
    assert.deepEqual([...paths], [
      ["10", "10.mp4"],
      ["9", "9.mp4"],
      ["__proto__", "__proto__.mp4"],
      ["a.1", "x/a.1.avi"],
      ["b", "b.mp4"],
      ["ü -1", "x/y/ü -1.mkv"],
    ]);
    const json = textMapJson(paths);
    assert.match(json, /^\{\n {4}"10": "10.mp4",\n {4}"9": "9.mp4",\n/);
    assert.deepEqual(Object.entries(JSON.parse(json)).sort(), [...paths].sort());
    assert.equal(textMapJson(new Map()), "{}\n");
  }));

Deno.test("videoPaths() takes a prefix off, and refuses two videos of one name", () =>
  withFolder(async (folder) => {
    await touch(folder, "v_abc.mp4", "v/v_v_d.mp4", "e.mp4");
    const paths = await videoPaths(folder, { prefix: "v_" });
    assert.deepEqual([...paths.keys()], ["abc", "e", "v_d"]);
    await touch(folder, "w/abc.mkv");
    await assert.rejects(videoPaths(folder, { prefix: "v_" }), {
      name: "UserError",
      message:
        `${folder}/w/abc.mkv and ${folder}/v_abc.mp4 have one name, "abc"; rename or remove one`,
    });
    await assert.rejects(videoPaths(`${folder}/none`), { name: "UserError" });
  }));
