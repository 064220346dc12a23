import assert from "node:assert/strict";
import { readLsmdc } from "../../../src/data/datasets/lsmdc.ts";
import { published, refused, samplesOf, withFiles } from "./folder.ts";

const row = (id: string, text: string) => `${id}\t00.01\t00.05\t00.01\t00.05\t${text}`;

const FILES = {
  "LSMDC16_annos_training.csv": [
    row("0001_Film_00.01", "SOMEONE's dog runs."),
    row("0002_Film_00.02", '"Stop," he says, "now.'),
    row("0003_Film_00.03", "Not in video_path.json."),
    row("0001_Film_00.01", "The same clip again. "),
    row("0003_Film_00.03", "Nor this one."),
    "",
  ].join("\r\n"),
  "video_path.json": {
    "0001_Film_00.01": "Film/0001_Film_00.01.avi",
    "0002_Film_00.02": "Film/0002_Film_00.02.avi",
  },
};

Deno.test("LSMDC: a sample a line, quotation marks kept, clips without a path named once", () =>
  withFiles(FILES, async (folder) => {
    const set = await readLsmdc(folder, "train");
    assert.deepEqual(samplesOf(set).map(({ file, text }) => [file, text]), [
      ["Film/0001_Film_00.01.avi", "SOMEONE's dog runs."],
      ["Film/0002_Film_00.02.avi", '"Stop," he says, "now.'],
      ["Film/0001_Film_00.01.avi", "The same clip again."],
    ]);
    assert.equal(samplesOf(set)[0].start, undefined);
    assert.deepEqual(set.missing, [{ id: "0003_Film_00.03", place: "video_path.json" }]);
    assert.equal(set.cutOffPoints, undefined);
  }));

Deno.test("LSMDC: a defective file gives one line that names it and the line", async () => {
  const read = (files: Record<string, unknown>, message: RegExp) =>
    withFiles({ ...FILES, ...files }, (folder) => refused(readLsmdc(folder, "train"), message));
  const table = "LSMDC16_annos_training.csv";
  await read({ [table]: row("a", "b") + "\nc\td\n" }, /training\.csv:2: 2 columns .*, not 6/);
  await read({ [table]: "\n" }, /training\.csv: lists no sentence/);
  await read({ "video_path.json": "[]" }, /video_path\.json: not an object of a path by ids/);
  await read({ "video_path.json": { a: 1 } }, /video_path\.json: "a" is not a path/);
  await withFiles(FILES, (folder) => refused(readLsmdc(folder, "val"), /LSMDC's val sentences/));
});

Deno.test("LSMDC: the published test list has 1,000 sentences; 100,000 read within seconds", async () => {
  const folder = await published("lsmdc"), name = "LSMDC16_challenge_1000_publictect.csv";
  const test = folder === undefined
    ? Array.from({ length: 1000 }, (_, i) => row(`${i}_Film`, `Someone runs ${i}.`)).join("\n")
    : await Deno.readTextFile(`${folder}/${name}`);
  const rows = test.trim().split("\n");
  const ids = rows.map((line) => line.split("\t")[0]);
  const train = Array.from({ length: 100 }, (_, i) => rows.map((line) => `${i}_${line}`)).flat();
  const paths = [...ids, ...train.map((line) => line.split("\t")[0])]
    .map((id) => [id, `Film/${id}.avi`]);
  const files = {
    [name]: test,
    "LSMDC16_annos_training.csv": train.join("\n") + "\n",
    "video_path.json": Object.fromEntries(paths),
  };
  await withFiles(files, async (folder) => {
    const start = performance.now();
    assert.equal((await readLsmdc(folder, "test")).length, 1000);
    assert.equal((await readLsmdc(folder, "train")).length, 100_000);
    const seconds = (performance.now() - start) / 1000;
    assert.ok(seconds < 10, `${seconds} s`);
  });
});
