import assert from "node:assert/strict";
import { withFolder } from "../io/folder.ts";
import { run } from "./process.ts";

Deno.test("the video-paths task writes the file once, and again by force", () =>
  withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/in/x`, { recursive: true });
    await Deno.writeTextFile(`${folder}/in/x/v_b.mp4`, "");
    const output = `${folder}/video_path.json`;
    assert.deepEqual(await run("video_paths", `${folder}/in`, output), {
      ...{ code: 0, out: "", err: `Wrote 1 path to ${output}\n` },
    });
    assert.equal(await Deno.readTextFile(output), '{\n    "v_b": "x/v_b.mp4"\n}\n');
    const again = await run("video_paths", `${folder}/in`, output);
    assert.deepEqual([again.code, again.err], [
      1,
      `error: ${output} exists; choose another name, or replace it by --force\n`,
    ]);
    const forced = await run("video_paths", `${folder}/in`, output, "--force", "--prefix", "v_");
    assert.equal(forced.code, 0, forced.err);
    assert.equal(await Deno.readTextFile(output), '{\n    "b": "x/v_b.mp4"\n}\n');
  }));
