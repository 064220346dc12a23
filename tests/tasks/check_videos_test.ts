import assert from "node:assert/strict";
import { copyClips } from "../data/prepare/clips.ts";
import { withFolder } from "../io/folder.ts";
import { run, start } from "./process.ts";

Deno.test("the check-videos task prints a table or JSON, and exits with 1 where a video is bad", () =>
  withFolder(async (folder) => {
    const input = `${folder}/in`, report = `${folder}/report.json`;
    await copyClips(input, { "a.mp4": "rotated.mp4", "b.avi": "mpeg4.avi" });
    const good = await run("check_videos", input);
    assert.deepEqual(good, {
      code: 0,
      out: "video  frames  a second     size  duration\n" +
        "a.mp4      20        10  48 x 64      0:02\n" +
        "b.avi      10        25  66 x 46      0:00\n",
      err: "Checked 2 videos: 0 bad\n",
    });
    await copyClips(input, { "c.mp4": "audio.m4a" });
    const bad = await run("check_videos", input, "--json", "--output", report);
    assert.equal(bad.code, 1);
    const problem = `${input}/c.mp4 holds no video stream; replace the file`;
    assert.equal(bad.err, `bad: ${problem}\nChecked 3 videos: 1 bad; report: ${report}\n`);
    const found = JSON.parse(bad.out);
    assert.deepEqual(found, JSON.parse(await Deno.readTextFile(report)));
    const { place, finished, videos: [a, , c] } = found;
    assert.deepEqual([place, found.bad, finished], [input, 1, true]);
    assert.deepEqual(a, { file: "a.mp4", frames: 20, fps: 10, seconds: 2, width: 48, height: 64 });
    assert.deepEqual(c, { file: "c.mp4", problem });
  }));

Deno.test("the check-videos task says which videos of a data set are not there", () =>
  withFolder(async (folder) => {
    const shapes = "fixtures/shapes", input = `${folder}/in`;
    const id = (table: string, column: number) =>
      Deno.readTextFileSync(`${shapes}/${table}`).split("\n")[1].split(",")[column];
    const [train, test] = [id("train.csv", 0), id("test.csv", 2)];
    await Deno.mkdir(input);
    for (const name of [train, test]) {
      await Deno.copyFile(`${shapes}/videos/${name}.mp4`, `${input}/${name}.mp4`);
    }
    const { code, out, err } = await run(
      ...["check_videos", input, "--json", "--datatype", "msrvtt"] as const,
      ...["--train_csv", `${shapes}/train.csv`, "--val_csv", `${shapes}/test.csv`],
      ...["--data_path", `${shapes}/captions.json`],
    );
    assert.equal(code, 0, err);
    const { videos, missing } = JSON.parse(out);
    const { train: a, test: b, order: c } = missing;
    assert.deepEqual([videos.length, a.length, b.length, c.length], [2, 839, 63, 32]);
    assert.match(
      err,
      /^train names what is missing: 839 videos: 839 not in .*\ntest names what is/,
    );
  }));

Deno.test(
  "an interrupted check-videos task exits with 130, though a video is bad",
  { ignore: Deno.build.os === "windows" }, // which has no signals to send
  () =>
    withFolder(async (folder) => {
      const good = Array.from({ length: 60 }, (_, i) => [`b${i}.mp4`, "h264.mp4"]);
      await copyClips(folder, { "a.mp4": "audio.m4a", ...Object.fromEntries(good) });
      const process = start("check_videos", folder, "--workers", "1");
      const table = new Response(process.stdout).text();
      let said = "";
      for await (const text of process.stderr.pipeThrough(new TextDecoderStream())) {
        if (said === "") process.kill("SIGINT");
        said += text;
      }
      assert.equal((await process.status).code, 130, said);
      assert.match(
        said,
        /^bad: .*\nStopping.*\nChecked \d+ videos?: 1 bad; stopped before the end\n$/,
      );
      assert.match(await table, /^a.mp4 +bad: /m);
    }),
);
