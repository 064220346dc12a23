/**
 * Data sets' annotation files.
 *
 * Their readers touch files, so `mod.ts`, which runs in browsers, does not export them.
 *
 * @module
 */
import { compat, loadTokenizer, type Tokenizer } from "../../../mod.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { readMsrvttTest, readMsrvttTrain } from "../../../src/data/datasets/msrvtt.ts";
import type { Checks } from "../checks.ts";
import type { Fields } from "../fields.ts";
import type { GoldenCase } from "../golden.ts";
import { type Kinds, notBuilt } from "../kind.ts";

/** Writes the case's files into a folder that lasts as long as `use`. */
async function withFiles<T>(files: Fields, use: (folder: string) => Promise<T>): Promise<T> {
  const root = await Deno.makeTempDir();
  try {
    for (const name of files.keys) {
      const path = `${root}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, files.text(name));
    }
    return await use(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const never = (): number => {
  throw new Error("a data set draws at random where the original does not");
};

/** Compares the samples in order: video, caption and packed caption. */
function items(
  what: string,
  set: Dataset,
  expected: Fields,
  [tokenizer, maxWords]: readonly [Tokenizer, number],
  checks: Checks,
): void {
  checks.equal(`${what}.length`, [set.length], [expected.number("length")]);
  for (const [i, item] of expected.objects("items").entries()) {
    const { id, text } = set.at(i, never);
    checks.same(`${item.where}.video`, id, item.text("video"));
    checks.same(`${item.where}.text`, text, item.text("text"));
    const { ids } = tokenizer.pack(text, maxWords);
    checks.equal(`${item.where}.text_ids`, ids, item.numbers("text_ids"));
  }
}

/** One sample a video: the captions that it draws from, in order. */
function folded(set: Dataset, expected: Fields, checks: Checks): void {
  checks.equal("train_folded.length", [set.length], [expected.number("length")]);
  const captions = expected.object("captions_per_video");
  for (const [i, video] of expected.texts("videos").entries()) {
    let count = 1;
    const texts: string[] = [];
    for (let draw = 0; draw < count; draw++) {
      const sample = set.at(i, (n) => {
        count = n;
        return draw;
      });
      checks.same(`train_folded.videos[${i}]`, sample.id, video);
      texts.push(sample.text);
    }
    checks.same(`train_folded.captions_per_video.${video}`, texts, captions.texts(video));
  }
}

async function msrvtt(golden: GoldenCase, checks: Checks): Promise<void> {
  const { entry } = golden, files = entry.object("files");
  const tokens = [await loadTokenizer(), golden.params.number("max_words")] as const;
  const named = (end: string) => files.keys.find((key) => key.endsWith(end))!;
  await withFiles(files, async (root) => {
    const train = (expandSentences: boolean) =>
      readMsrvttTrain({
        trainCsv: `${root}/${named("train.csv")}`,
        dataPath: `${root}/${named(".json")}`,
        expandSentences,
      });
    items("train_unfolded", await train(true), entry.object("train_unfolded"), tokens, checks);
    folded(await train(false), entry.object("train_folded"), checks);
    const test = await readMsrvttTest(`${root}/${named("test.csv")}`);
    items("test", test, entry.object("test"), tokens, checks);
  });
  const { videos } = JSON.parse(files.text(named(".json")));
  const parents = entry.object("train_folded").object("parent_ids");
  checks.same(
    "parent_ids",
    [...compat.msrvttParents(videos)],
    parents.keys.map((key) => [key, parents.text(key)]),
  );
}

export const datasets: Kinds = {
  kinds: [
    { function: /^MSRVTT_TrainDataLoader/, run: msrvtt },
    { function: /^MSVD_DataLoader/, run: notBuilt("MSVD") },
    { function: /^LSMDC_DataLoader/, run: notBuilt("LSMDC") },
    { function: /^ActivityNet_DataLoader/, run: notBuilt("ActivityNet Captions") },
    { function: /^DiDeMo_DataLoader/, run: notBuilt("DiDeMo") },
  ],
};
