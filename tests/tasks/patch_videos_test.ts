import assert from "node:assert/strict";
import { copyClips, tree } from "../data/prepare/clips.ts";
import { withFolder } from "../io/folder.ts";
import { run } from "./process.ts";

Deno.test("the patch-videos task draws the frames and patches of a folder's videos", () =>
  withFolder(async (folder) => {
    const [input, output] = [`${folder}/in`, `${folder}/out`];
    await copyClips(input, { "a.mp4": "h264.mp4", "b.mp4": "audio.m4a" });
    const flags = ["--max_frames", "2", "--size", "40", "--patch", "20"];
    const { code, err } = await run("patch_videos", input, output, ...flags);
    assert.equal(code, 0, err);
    assert.match(
      err,
      /^bad: .*b.mp4 holds .*\nDrew 2 frames of each of 1 video to .*out; bad: 1\n$/,
    );
    assert.equal((await tree(`${output}/a`)).length, 10);
    const wide = await run("patch_videos", input, output, "--size", "20");
    assert.deepEqual([wide.code, wide.err], [2, "error: --patch: 32 is more than --size 20\n"]);
  }));
