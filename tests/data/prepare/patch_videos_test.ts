import assert from "node:assert/strict";
import { decode } from "npm:fast-png@8.0.0";
import { patchVideos, type PatchVideosOptions } from "../../../src/data/prepare/patch_videos.ts";
import { openDecoder } from "../../../src/video/decode.ts";
import { eachFrame, patchColumns } from "../../../src/video/png.ts";
import { listing, withFolder } from "../../io/folder.ts";
import { CLIPS, copyClips, tree } from "./clips.ts";

const options: PatchVideosOptions = {
  ...{ frames: 3, size: 48, resize: true, patch: 16, workers: 2, decoder: "auto" },
  ...{ badVideo: "skip", maxBad: Infinity },
};

Deno.test("patchVideos() writes a video's frames and patches", () =>
  withFolder(async (folder) => {
    const output = `${folder}/new/er/out`;
    await Deno.mkdir(`${folder}/new/er/.out.12-0123abcd.tmp/half`, { recursive: true });
    await patchVideos(`${CLIPS}rotated.mp4`, `${output}/`, options);
    const names = [1, 2, 3].flatMap((i) => [
      `crop-${i}.png`,
      ...Array.from({ length: 9 }, (_, n) => `crop-${i}/crop-${i}-${n + 1}.png`),
    ]);
    assert.deepEqual(await tree(output), names.sort());
    assert.deepEqual(await listing(`${folder}/new/er`), ["out"]);

    using decoder = await openDecoder();
    const choose = { rule: "uniform", frames: 3 } as const;
    const clip = await decoder.decode({ path: `${CLIPS}rotated.mp4` }, { choose, size: 48 });
    const read = async (name: string) => [...decode(await Deno.readFile(`${output}/${name}`)).data];
    for (const [i, frame] of eachFrame(clip).entries()) {
      assert.deepEqual(await read(`crop-${i + 1}.png`), [...frame.data]);
      for (const [n, { data }] of patchColumns(frame, 16).entries()) {
        assert.deepEqual(await read(`crop-${i + 1}/crop-${i + 1}-${n + 1}.png`), [...data]);
      }
    }
    await assert.rejects(patchVideos(`${CLIPS}h264.mp4`, output, options), {
      message: `${output} exists and is not empty; remove it, or choose another output`,
    });
  }));

Deno.test("patchVideos() goes through a folder, leaves out bad videos, and goes on", () =>
  withFolder(async (folder) => {
    const [input, output] = [`${folder}/in`, `${folder}/out`], stop = new AbortController();
    await copyClips(input, { "a.mp4": "h264.mp4", "deep/b.avi": "mpeg4.avi", "c.mp4": "vfr.mp4" });
    await copyClips(input, { "bad.mp4": "audio.m4a" });
    const onProgress = (done: number) => done === 1 && stop.abort();
    const once = { ...options, workers: 1, onProgress, signal: stop.signal };
    const first = await patchVideos(input, output, once);
    assert.deepEqual([first.made, first.finished], [1, false]);
    assert.equal((await tree(output)).length, 30);

    const second = await patchVideos(input, output, options);
    const { made, there, bad, finished } = second;
    assert.deepEqual([made, there, bad.length, finished], [2, 1, 1, true]);
    const made90 = await tree(output);
    assert.deepEqual([made90.length, made90.filter((name) => name.startsWith("deep/b/")).length], [
      ...[90, 30],
    ]);
    await assert.rejects(patchVideos(`${input}/bad.mp4`, `${folder}/one`, options), {
      ...{ name: "UserError", message: /bad.mp4 holds no video stream/ },
    });
    await copyClips(input, { "a.mkv": "vfr.mp4" });
    await assert.rejects(patchVideos(input, output, options), {
      message: /would share the folder/,
    });
    await assert.rejects(patchVideos(input, `${input}/deep/out`, options), {
      message: /one lies in/,
    });
  }));

Deno.test("patchVideos() refuses a video whose folder would lie in another's, before any work", () =>
  withFolder(async (folder) => {
    const [input, output] = [`${folder}/in`, `${folder}/out`];
    await copyClips(input, { "a.mp4": "h264.mp4", "a/deep/b.mp4": "h264.mp4", "c.mp4": "vfr.mp4" });
    await assert.rejects(patchVideos(input, output, options), {
      name: "UserError",
      message: `the folder of ${input}/a/deep/b.mp4 would lie in that of ${input}/a.mp4, ` +
        `${output}/a; rename one`,
    });
    await assert.rejects(Deno.stat(output), Deno.errors.NotFound);
  }));
