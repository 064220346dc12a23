import assert from "node:assert/strict";
import { readDidemo } from "../../../src/data/datasets/didemo.ts";
import { refused, samplesOf, videos, withFiles } from "./folder.ts";

const moment = (video: string, description: string) => ({ description, times: [[0, 1]], video });

const GONE = "44124421772@N01_2867159874_e39e716b7e.mpg";
const FILES = {
  "train_list.txt": `2@N_b.3gp\n1@N_a.mov\n${GONE}\n3@N_c.mp4\n4@N_lost.avi\n5@N_undescribed.avi`,
  "train_data.json": [
    moment("1@N_a.mov", "a dog runs"),
    moment("unlisted.mov", "a fish"),
    moment("2@N_b.3gp", "a cat"),
    moment("1@N_a.mov", "it stops."),
    moment(GONE, "gone"),
    moment("3@N_c.mp4", "a man"),
    moment("4@N_lost.avi", "a bird"),
  ],
};

Deno.test("DiDeMo: a sample a described video, its descriptions joined, the first 31 seconds", () =>
  withFiles(FILES, async (folder) => {
    const there = videos(
      "1@N_a.mov",
      "sub/2@N_b.3gp.mp4",
      "3@N_c.mp4",
      "3@N_c.mp4.mp4",
      `${GONE}.mp4`,
    );
    const set = await readDidemo(folder, "train", there);
    const times = { start: 0, end: 31 };
    assert.deepEqual(samplesOf(set), [
      { id: "1@N_a.mov", file: "1@N_a.mov", ...times, text: "a dog runs it stops." },
      { id: "2@N_b.3gp", file: "sub/2@N_b.3gp.mp4", ...times, text: "a cat" },
      { id: "3@N_c.mp4", file: "3@N_c.mp4", ...times, text: "a man" },
    ]);
    assert.deepEqual(set.missing, [{ id: "4@N_lost.avi", place: "videos" }]);
  }));

Deno.test("DiDeMo: a defective file gives one line that names it and the place", async () => {
  const read = (files: Record<string, unknown>, message: RegExp) =>
    withFiles(
      { ...FILES, ...files },
      (folder) => refused(readDidemo(folder, "train", videos()), message),
    );
  await read({ "train_list.txt": "" }, /train_list\.txt: lists no video/);
  await read({ "train_list.txt": "x" }, /train_list\.txt: .*train_data\.json describes none/);
  await read({ "train_data.json": [{ video: "x" }] }, /train_data\.json: item 0 is not \{"desc/);
  await read({ "train_data.json": {} }, /train_data\.json: not a list/);
});

Deno.test("DiDeMo: 33,000 descriptions of 8,000 videos read within seconds", () => {
  const names = Array.from({ length: 8_395 }, (_, i) => `${i}@N00_${i * 7}_ab.mov`);
  const data = Array.from(
    { length: 33_005 },
    (_, i) => moment(names[i % names.length], `a dog ${i}`),
  );
  const files = { "train_list.txt": names.join("\n"), "train_data.json": data };
  return withFiles(files, async (folder) => {
    const start = performance.now();
    const set = await readDidemo(folder, "train", videos(...names.map((name) => `${name}.mp4`)));
    assert.equal(set.length, 8_395);
    assert.equal(samplesOf(set)[0].text, "a dog 0 a dog 8395 a dog 16790 a dog 25185");
    const seconds = (performance.now() - start) / 1000;
    assert.ok(seconds < 10, `${seconds} s`);
  });
});
