import assert from "node:assert/strict";
import {
  readMsrvttOrder,
  readMsrvttTest,
  readMsrvttTrain,
} from "../../../src/data/datasets/msrvtt.ts";
import { UserError } from "../../../src/errors.ts";
import { Random } from "../../../src/tensor/random.ts";
import { published, withFiles } from "./folder.ts";

const TRAIN = "video_id\nvideo2\nvideo0\n";
const CAPTIONS = JSON.stringify({
  videos: [{ video_id: "video0", url: "https://example.com" }],
  sentences: [
    { video_id: "video0", caption: "a cat", sen_id: 0 },
    { video_id: "video9", caption: "not listed", sen_id: 1 },
    { video_id: "video2", caption: "a dog", sen_id: 2 },
    { video_id: "video0", caption: "a grey cat", sen_id: 3 },
    { video_id: "video0", caption: "it sleeps", sen_id: 4 },
  ],
});
const TEST = 'key,vid_key,video_id,sentence\nret0,msr7,video7,"red, then blue"\n' +
  "ret1,msr5,video5,a fish\r\n";

function trainFiles(folder: string, expandSentences: boolean) {
  return { trainCsv: `${folder}/train.csv`, dataPath: `${folder}/data.json`, expandSentences };
}

const first = () => 0;

Deno.test("expanded, every caption of a listed video is a sample, in the order of the captions", () =>
  withFiles({ "train.csv": TRAIN, "data.json": CAPTIONS }, async (folder) => {
    const set = await readMsrvttTrain(trainFiles(folder, true));
    const samples = Array.from({ length: set.length }, (_, i) => set.at(i, first));
    assert.deepEqual(samples, [
      { id: "video0", file: "video0.mp4", text: "a cat" },
      { id: "video2", file: "video2.mp4", text: "a dog" },
      { id: "video0", file: "video0.mp4", text: "a grey cat" },
      { id: "video0", file: "video0.mp4", text: "it sleeps" },
    ]);
    assert.equal(set.split, "train");
    assert.equal(set.cutOffPoints, undefined);
  }));

Deno.test("not expanded, every listed video is a sample, with its captions drawn evenly", () =>
  withFiles({ "train.csv": TRAIN, "data.json": CAPTIONS }, async (folder) => {
    const set = await readMsrvttTrain(trainFiles(folder, false));
    assert.equal(set.length, 2);
    assert.equal(set.at(0, first).id, "video2");
    const random = new Random(1, [0]), counts = new Map<string, number>();
    for (let i = 0; i < 3000; i++) {
      const { text } = set.at(1, (n) => random.integer(n));
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    assert.deepEqual([...counts.keys()].sort(), ["a cat", "a grey cat", "it sleeps"]);
    for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 130, `${count}`);
  }));

Deno.test("the test split has one sample a row, quotes and line ends of either kind read", () =>
  withFiles({ "test.csv": "\ufeff" + TEST }, async (folder) => {
    const set = await readMsrvttTest(`${folder}/test.csv`);
    assert.equal(set.split, "test");
    assert.deepEqual([set.at(0, first), set.at(1, first)], [
      { id: "video7", file: "video7.mp4", text: "red, then blue" },
      { id: "video5", file: "video5.mp4", text: "a fish" },
    ]);
  }));

Deno.test("an order split is read where order.csv lies beside the test list, else there is none", () =>
  withFiles({ "test.csv": TEST }, async (folder) => {
    assert.equal(await readMsrvttOrder(`${folder}/test.csv`), undefined);
    await Deno.writeTextFile(`${folder}/order.csv`, TEST);
    const set = await readMsrvttOrder(`${folder}/test.csv`);
    assert.equal(set?.split, "order");
    assert.equal(set?.length, 2);
    const from = Deno.cwd();
    Deno.chdir(folder);
    try {
      assert.equal((await readMsrvttOrder("test.csv"))?.length, 2);
    } finally {
      Deno.chdir(from);
    }
  }));

Deno.test("a defective annotation file gives one line that names the file and the place", async () => {
  const cases: [files: Record<string, string>, message: RegExp][] = [
    [{}, /cannot read MSR-VTT's training videos from .*train\.csv: no such file/],
    [{ "train.csv": TRAIN }, /cannot read MSR-VTT's captions from .*data\.json: no such file/],
    [{ "train.csv": "id\nvideo0\n" }, /train\.csv:1: no column video_id; the header has id/],
    [{ "train.csv": "" }, /train\.csv:1: no column video_id; the header has nothing/],
    [{ "train.csv": "video_id\n" }, /train\.csv: lists no video/],
    [{ "train.csv": 'video_id\nvideo0\n"video1\n' }, /train\.csv:3: .*[Qq]uote/],
    [{ "train.csv": "video_id,x\nvideo0,1\n,2\n" }, /train\.csv:3: video_id is empty/],
    [{ "train.csv": "video_id,x\nvideo0,1\nvideo1\n" }, /train\.csv:3: .*Length/],
    [
      { "train.csv": TRAIN, "data.json": '{"sentences": [\n{"video_id": 1,}' },
      /json:2:16: not JSON/,
    ],
    [{ "train.csv": TRAIN, "data.json": '{"sentences": [' }, /json:1:16: not JSON/],
    [
      { "train.csv": TRAIN, "data.json": "[1,\n 2,\n ]" },
      /json:3:2: not JSON: Unexpected token '\]'$/,
    ],
    [{ "train.csv": TRAIN, "data.json": '["a\nb"]' }, /json:1:4: not JSON: Bad control character/],
    [{ "train.csv": TRAIN, "data.json": "" }, /json:1:1: not JSON: the file is empty/],
    [{ "train.csv": TRAIN, "data.json": "null" }, /json: no list "sentences"/],
    [
      { "train.csv": TRAIN, "data.json": '{"sentences": [{"video_id": "v"}]}' },
      /json: sentences\[0\] has no text "caption"/,
    ],
    [
      { "train.csv": TRAIN, "data.json": '{"sentences": [null]}' },
      /json: sentences\[0\] has no text "video_id"/,
    ],
    [
      { "train.csv": TRAIN + "video77\n", "data.json": CAPTIONS },
      /train\.csv:4: .*data\.json has no caption of video77/,
    ],
  ];
  for (const [files, message] of cases) {
    await withFiles(files, async (folder) => {
      for (const expand of [true, false]) {
        const error = await readMsrvttTrain(trainFiles(folder, expand)).then(String, (e) => e);
        assert.ok(error instanceof UserError, `${error}`);
        assert.match(error.message, message);
        assert.ok(!error.message.includes("\n"));
      }
    });
  }
  await withFiles({ "test.csv": "key,vid_key,video_id\nret0,msr1,video1\n" }, async (folder) => {
    await assert.rejects(readMsrvttTest(`${folder}/test.csv`), /test\.csv:1: no column sentence/);
    await assert.rejects(readMsrvttTest(folder), /it is a folder/);
  });
});

Deno.test("the published lists read with 200,000 captions within seconds", async () => {
  const folder = await published("msrvtt");
  const list = async (name: string, ids: readonly number[]) =>
    folder === undefined
      ? ["video_id", ...ids.map((id) => `video${id}`)].join("\n")
      : await Deno.readTextFile(`${folder}/MSRVTT_train.${name}.csv`);
  const pairs = (count: number) =>
    ["video_id,sentence", ...Array.from({ length: count }, (_, i) => `video${i},"a, b"`)].join(
      "\n",
    );
  const name = "MSRVTT_JSFUSION_test.csv";
  const test = folder === undefined ? pairs(1000) : await Deno.readTextFile(`${folder}/${name}`);
  const sentences = Array.from({ length: 200_000 }, (_, i) => (
    { video_id: `video${i % 10_000}`, caption: `a dog ${i} runs over a field`, sen_id: i }
  ));
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
  const lists = { "7k": 7010, "9k": 9000 };
  for (const [size, count] of Object.entries(lists)) {
    const files = {
      "train.csv": await list(size, upTo(count)),
      "data.json": { sentences },
      "test.csv": test,
    };
    await withFiles(files, async (folder) => {
      const start = performance.now();
      assert.equal((await readMsrvttTrain(trainFiles(folder, true))).length, 20 * count);
      assert.equal((await readMsrvttTrain(trainFiles(folder, false))).length, count);
      assert.equal((await readMsrvttTest(`${folder}/test.csv`)).length, 1000);
      const seconds = (performance.now() - start) / 1000;
      assert.ok(seconds < 10, `${seconds} s`);
    });
  }
});
