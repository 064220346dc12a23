import assert from "node:assert/strict";
import recorded from "../../../fixtures/videos/frames.json" with { type: "json" };
import { checkVideos, isBad } from "../../../src/data/prepare/check_videos.ts";
import { packVideos } from "../../../src/data/pack.ts";
import { withFolder } from "../../io/folder.ts";
import { CLIPS, copyClips } from "./clips.ts";

const options = { workers: 2, decoder: "auto" } as const;

/** The fixtures' clips, of which the record tells what they are. */
const clips = Object.fromEntries(Object.keys(recorded).map((name) => [name, name]));

Deno.test("checkVideos() tells what every sound video is", async () => {
  const { videos, ignored, finished } = await checkVideos({ folder: CLIPS }, options);
  assert.deepEqual(
    videos,
    Object.entries(recorded).map(([file, { count: frames, height, width, fps }]) => {
      return { file, frames, fps, seconds: Math.round(frames / fps * 1000) / 1000, width, height };
    }),
  );
  assert.deepEqual([ignored, finished], [2, true]);
});

Deno.test("checkVideos() names the bad ones, in a folder and in an LMDB", () =>
  withFolder(async (folder) => {
    const input = `${folder}/in`;
    await copyClips(input, { "-good ü.mp4": "h264.mp4", "audio.mp4": "audio.m4a" });
    await copyClips(input, { "deep/text.mp4": "frames.json" });
    await Deno.writeFile(`${input}/zero.mp4`, new Uint8Array(0));
    for (const [name, share] of [["h264.mp4", 0.6], ["mpeg4.avi", 0.9]] as const) {
      const bytes = await Deno.readFile(CLIPS + name);
      await Deno.writeFile(`${input}/cut ${name}`, bytes.slice(0, bytes.length * share));
    }
    await Deno.symlink(`${folder}/none`, `${input}/unplugged.mp4`);
    const told: string[] = [], steps: number[] = [];
    const { videos } = await checkVideos({ folder: input }, {
      ...{ ...options, onBad: ({ problem }) => told.push(problem) },
      onProgress: (done, total) => steps.push(done / total),
    });
    const files = [
      "-good ü.mp4",
      "audio.mp4",
      "cut h264.mp4",
      "cut mpeg4.avi",
      "deep/text.mp4",
      "unplugged.mp4",
    ];
    assert.deepEqual(videos.map(({ file }) => file), [...files, "zero.mp4"]);
    assert.deepEqual(videos.filter(isBad).map(({ problem }) => problem), told.toSorted());
    const problems = videos.map((video) => isBad(video) ? video.problem : "");
    assert.match(problems[1], /in\/audio.mp4 holds no video stream/);
    assert.match(problems[2], /is truncated|cannot be decoded/);
    assert.match(problems[3], /is truncated \(\d of 10 frames/);
    assert.match(problems[4], /deep\/text.mp4 cannot be read as a video/);
    assert.match(problems[5], /in\/unplugged.mp4 does not exist/);
    assert.match(problems[6], /cannot be read as a video/);
    assert.deepEqual([problems[0], steps.length, steps.at(-1)], ["", 8, 1]);

    const lmdb = `${folder}/all.lmdb`;
    await assert.rejects(packVideos(input, lmdb), /cannot read .*unplugged.mp4/);
    await Deno.remove(`${input}/unplugged.mp4`);
    await packVideos(input, lmdb);
    const packed = await checkVideos({ lmdb }, options);
    const bad = (found: readonly { file: string }[]) =>
      found.map((video) => [video.file.replace(/.*\//, ""), "problem" in video]);
    assert.deepEqual(
      bad(packed.videos),
      bad(videos.filter(({ file }) => file !== "unplugged.mp4")),
    );
  }));

Deno.test("checkVideos() that is stopped tells what it has reached", () =>
  withFolder(async (folder) => {
    await copyClips(folder, clips);
    const stop = new AbortController();
    const { videos, finished } = await checkVideos({ folder }, {
      ...{ ...options, workers: 1, signal: stop.signal },
      onProgress: (done) => done === 2 && stop.abort(),
    });
    assert.deepEqual([videos.length, videos.some(isBad), finished], [2, false, false]);
    const none = await checkVideos({ folder }, { ...options, signal: AbortSignal.abort() });
    assert.deepEqual([none.videos, none.finished], [[], false]);
  }));
