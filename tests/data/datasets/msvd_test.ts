import assert from "node:assert/strict";
import { readMsvd } from "../../../src/data/datasets/msvd.ts";
import { pickle, type Plain } from "./pickle.ts";
import { published, refused, samplesOf, videos, withFiles } from "./folder.ts";

const words = (...captions: string[]) => captions.map((caption) => caption.split(" "));

const CAPTIONS = new Map<string, Plain>([
  ["-a_0_5", words("a dog runs", "ein Hund läuft")],
  ["unlisted", words("nothing")],
  ["c.x_1_2", words("a cat")],
  ["d_3_4", words("a dog", "a fish", "a cat")],
]);

const FILES = {
  "test_list.txt": "d_3_4\r\n-a_0_5\n\nc.x_1_2",
  "raw-captions.pkl": pickle(CAPTIONS, 2),
};

for (const protocol of [2, 3, 4] as const) {
  Deno.test(`MSVD: a sample a caption, videos in the order of the list: pickle protocol ${protocol}`, () =>
    withFiles({ ...FILES, "raw-captions.pkl": pickle(CAPTIONS, protocol) }, async (folder) => {
      const there = videos("d_3_4.avi", "sub/c.x_1_2.mp4", "sub/-a_0_5.avi", "other.avi", "README");
      const set = await readMsvd(folder, "test", there);
      assert.deepEqual(samplesOf(set).map(({ id, file, text }) => [id, file, text]), [
        ["d_3_4", "d_3_4.avi", "a dog"],
        ["d_3_4", "d_3_4.avi", "a fish"],
        ["d_3_4", "d_3_4.avi", "a cat"],
        ["-a_0_5", "sub/-a_0_5.avi", "a dog runs"],
        ["-a_0_5", "sub/-a_0_5.avi", "ein Hund läuft"],
        ["c.x_1_2", "sub/c.x_1_2.mp4", "a cat"],
      ]);
      assert.deepEqual(set.cutOffPoints, [3, 5, 6]);
      assert.deepEqual(set.missing, []);
    }));
}

Deno.test("MSVD: a video that is not there is left out with all its captions, and named", () =>
  withFiles(FILES, async (folder) => {
    const set = await readMsvd(folder, "test", videos("d_3_4.avi", "c.x_1_2.avi"));
    assert.deepEqual(set.cutOffPoints, [3, 4]);
    assert.deepEqual(set.missing, [{ id: "-a_0_5", place: "videos" }]);
  }));

Deno.test("MSVD: a defective file gives one line that names it", async () => {
  const read = (files: Record<string, unknown>, message: RegExp) =>
    withFiles(
      { ...FILES, ...files },
      (folder) => refused(readMsvd(folder, "test", videos()), message),
    );
  await withFiles(
    {},
    (folder) =>
      refused(readMsvd(folder, "val", videos()), /MSVD's val videos from .*val_list\.txt: no such/),
  );
  await read({ "test_list.txt": " \n" }, /test_list\.txt: lists no video/);
  await read({ "test_list.txt": "x_1_2" }, /raw-captions\.pkl has no caption of x_1_2/);
  await read({ "raw-captions.pkl": pickle(["a"], 2) }, /raw-captions\.pkl: not a dictionary/);
  const texts = new Map([["d_3_4", ["a dog"]]]);
  await read({ "raw-captions.pkl": pickle(texts, 2) }, /"d_3_4" has no captions as lists of words/);
  await read({ "raw-captions.pkl": FILES["raw-captions.pkl"].slice(0, 60) }, /raw-captions\.pkl: /);
  // A call of os.system.
  const evil = new TextEncoder().encode("cos\nsystem\n(S'true'\ntR.");
  await read({ "raw-captions.pkl": evil }, /it names "os\.system"/);
});

Deno.test("MSVD: the published lists and 80,000 captions read within seconds", async () => {
  const folder = await published("msvd");
  const list = async (split: string, count: number) =>
    folder === undefined
      ? Array.from({ length: count }, (_, i) => `${split}${i}_0_9`).join("\n")
      : await Deno.readTextFile(`${folder}/${split}_list.txt`);
  const lists = { train: 1200, val: 100, test: 670 };
  const files: Record<string, unknown> = {}, ids: string[] = [];
  for (const [split, count] of Object.entries(lists)) {
    const text = files[`${split}_list.txt`] = await list(split, count);
    ids.push(...text.trim().split("\n"));
  }
  const captions = ids.map((id, i) =>
    [
      id,
      Array.from({ length: 41 }, (_, n) => `a dog ${i} runs over a field ${n}`.split(" ")),
    ] as const
  );
  files["raw-captions.pkl"] = pickle(new Map(captions), 2);
  await withFiles(files, async (folder) => {
    const there = videos(...ids.map((id) => `YouTubeClips/${id}.avi`));
    const start = performance.now();
    for (const [split, count] of Object.entries(lists)) {
      const set = await readMsvd(folder, split as "train", there);
      assert.equal(set.cutOffPoints!.length, count);
      assert.equal(set.length, 41 * count);
      assert.deepEqual(set.missing, []);
    }
    const seconds = (performance.now() - start) / 1000;
    assert.ok(seconds < 10, `${seconds} s`);
  });
});
