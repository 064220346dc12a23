import assert from "node:assert/strict";
import { readActivityNet } from "../../../src/data/datasets/activitynet.ts";
import { published, refused, samplesOf, withFiles } from "./folder.ts";

const paragraph = (duration: number, ...sentences: string[]) => ({
  duration,
  timestamps: sentences.map(() => [0, 1]),
  sentences,
});

const FILES = {
  "train_ids.json": ["v_b-2", "v_uncaptioned", "v_a", "v_NHznDFD3V3k", "v_lost", "v_b-2", "v_7"],
  "train.json": {
    v_7: paragraph(0, "Nothing."),
    v_a: paragraph(81.27, "A man runs.", " He stops."),
    "v_b-2": paragraph(24, "A dog."),
    v_NHznDFD3V3k: paragraph(61.2, "Several people."),
    v_lost: paragraph(3, "A cat."),
    v_unlisted: paragraph(3, "A fish."),
  },
  "video_path.json": { a: "a.avi", "b-2": "x/b-2.avi", NHznDFD3V3k: "N.avi", "7": "7.avi" },
};

Deno.test("ActivityNet: a sample a listed video, its sentences joined, from 0 to its length in whole seconds", () =>
  withFiles(FILES, async (folder) => {
    const set = await readActivityNet(folder, "train");
    assert.deepEqual(samplesOf(set), [
      { id: "b-2", file: "x/b-2.avi", start: 0, end: 24, text: "A dog." },
      { id: "a", file: "a.avi", start: 0, end: 82, text: "A man runs.  He stops." },
      { id: "7", file: "7.avi", start: 0, end: 1, text: "Nothing." },
    ]);
    assert.deepEqual(set.missing, [{ id: "lost", place: "video_path.json" }]);
  }));

Deno.test("ActivityNet: a defective file gives one line that names it and the place", async () => {
  const read = (files: Record<string, unknown>, message: RegExp) =>
    withFiles(
      { ...FILES, ...files },
      (folder) => refused(readActivityNet(folder, "train"), message),
    );
  await read({ "train_ids.json": "{}" }, /train_ids\.json: not a list of an id/);
  await read({ "train_ids.json": ["v_a", 3] }, /train_ids\.json: item 1 is not an id/);
  await read({ "train_ids.json": ["v_x"] }, /train_ids\.json: none of its videos has captions in/);
  await read({ "train.json": { v_a: {} } }, /train\.json: "v_a" is not \{"duration": seconds/);
  await read({ "train.json": '{"v_a":\n nul}' }, /train\.json:2:5: not JSON/);
  await withFiles(
    FILES,
    (folder) => refused(readActivityNet(folder, "val"), /val_ids\.json: no such/),
  );
  await withFiles(FILES, (folder) => refused(readActivityNet(folder, "test"), /no test split/));
});

Deno.test("ActivityNet: the published files read within seconds, and nothing is lost on the way", async () => {
  const folder = await published("activitynet");
  if (folder === undefined) return await synthetic();
  const start = performance.now();
  const train = await readActivityNet(folder, "train"), val = await readActivityNet(folder, "val");
  const seconds = (performance.now() - start) / 1000;
  // 10,009 and 4,917 videos have captions; one cannot be read, some have no path.
  assert.equal(train.length + train.missing!.length, 10_009);
  assert.equal(val.length + val.missing!.length, 4_917 - 1);
  assert.deepEqual([train.missing!.length, val.missing!.length], [76, 47]);
  assert.ok(seconds < 10, `${seconds} s`);
});

/** Files of the published size. */
function synthetic(): Promise<void> {
  const names = Array.from({ length: 10_000 }, (_, i) => `v_id${i}`);
  const text = Array(4).fill("A man is seen speaking to the camera and pans out.");
  return withFiles({
    "train_ids.json": names,
    "train.json": Object.fromEntries(names.map((name) => [name, paragraph(100.5, ...text)])),
    "video_path.json": Object.fromEntries(names.map((name) => [name.slice(2), `${name}.avi`])),
  }, async (folder) => {
    assert.equal((await readActivityNet(folder, "train")).length, 10_000);
  });
}
