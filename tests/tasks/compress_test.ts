import assert from "node:assert/strict";
import { copyClips, tree } from "../data/prepare/clips.ts";
import { withFolder } from "../io/folder.ts";
import { outcome, run, start, until } from "./process.ts";

Deno.test("the compress task compresses, sums up, and has nothing left to do the second time", () =>
  withFolder(async (folder) => {
    const [input, output] = [`${folder}/in`, `${folder}/out`];
    await copyClips(input, { "a.mp4": "h264.mp4", "b.gif.webm": "odd.webm", "c.mp4": "audio.m4a" });
    const first = await run("compress", input, output, "--size", "32", "--fps", "5");
    assert.equal(first.code, 0, first.err);
    assert.equal(first.out, "");
    const lines = first.err.trimEnd().split("\n");
    assert.match(lines[0], /^bad: .*\/in\/c.mp4 holds no video stream; replace the file$/);
    assert.match(
      lines[1],
      /^Compressed 2 of 3 videos by (native|wasm) ffmpeg; [\d.]+ kB became [\d.]+ kB; bad: 1, listed in .*out\/bad_videos.txt; .mp4 now, since theirs cannot hold H.264: 1$/,
    );
    assert.deepEqual(await tree(output), ["a.mp4", "b.gif.mp4", "bad_videos.txt"]);
    const again = await run("compress", input, output, "--decoder", "wasm", "--bad_video", "fail");
    assert.equal(again.code, 1);
    assert.match(again.err, /^error: .*c.mp4 holds no video stream; replace the file\n$/);
  }));

Deno.test("the compress task refuses an odd size with exit code 2", async () => {
  const { code, err } = await run("compress", "in", "out", "--size", "225");
  assert.deepEqual([code, err], [2, "error: --size: 225 is odd; H.264 takes even sides only\n"]);
});

/** Command lines of processes that name a folder; none where the system does not tell. */
async function processesNaming(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const { name } of await Array.fromAsync(Deno.readDir("/proc")).catch(() => [])) {
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (/^\d+$/.test(name) && line.includes(folder)) found.push(line);
  }
  return found;
}

const posix = { ignore: Deno.build.os === "windows" }; // which has no signals to send

Deno.test(
  "an interrupted compress task leaves whole files only, and is gone on with",
  posix,
  () =>
    withFolder(async (folder) => {
      const [input, output] = [`${folder}/in`, `${folder}/out`], videos = 12;
      const names = Array.from({ length: videos }, (_, i) => [`${i}.mp4`, "h264.mp4"]);
      await copyClips(input, Object.fromEntries(names));
      const process = start("compress", input, output, "--workers", "2");
      const whole = async () => (await tree(output)).filter((name) => !name.startsWith("."));
      await until(process, async () => (await whole().catch(() => [])).length >= 2);
      process.kill("SIGINT");
      const { code, err } = await outcome(process);
      assert.equal(code, 130, err);
      assert.match(
        err,
        /^Stopping .*\nCompressed \d+ of 12 videos .*\nNot finished; the same command goes on.\n$/,
      );
      assert.deepEqual(await processesNaming(folder), []);
      const left = await tree(output);
      assert.ok(left.length < videos && left.every((name) => /^\d+\.mp4$/.test(name)), `${left}`);
      const sizes = await Promise.all(left.map((name) => Deno.stat(`${output}/${name}`)));
      assert.equal(new Set(sizes.map(({ size }) => size)).size, 1, "all are whole");

      const rest = await run("compress", input, output);
      assert.equal(rest.code, 0, rest.err);
      assert.match(
        rest.err,
        new RegExp(`Compressed ${videos - left.length} of 12 .* there already: ${left.length}\n$`),
      );
    }),
);
