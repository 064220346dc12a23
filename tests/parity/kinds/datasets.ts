/**
 * Data sets' annotation files.
 *
 * Their readers touch files, so `mod.ts`, which runs in browsers, does not export them.
 *
 * @module
 */
import { compat, loadTokenizer, type Tokenizer } from "../../../mod.ts";
import type { FolderSplit, ReadFolder } from "../../../src/data/annotation_folder.ts";
import type { Dataset } from "../../../src/data/dataset.ts";
import { readActivityNet } from "../../../src/data/datasets/activitynet.ts";
import { readDidemo } from "../../../src/data/datasets/didemo.ts";
import { readLsmdc } from "../../../src/data/datasets/lsmdc.ts";
import { readMsrvttTest, readMsrvttTrain } from "../../../src/data/datasets/msrvtt.ts";
import { readMsvd } from "../../../src/data/datasets/msvd.ts";
import { listVideos } from "../../../src/data/video_list.ts";
import type { Checks } from "../checks.ts";
import type { Fields } from "../fields.ts";
import type { GoldenCase } from "../golden.ts";
import type { Kinds } from "../kind.ts";

/** A file as a manifest holds it: text, or bytes in base64. */
function contents(files: Fields, name: string): Uint8Array {
  if (files.isText(name)) return new TextEncoder().encode(files.text(name));
  return Uint8Array.from(atob(files.object(name).text("base64")), (c) => c.charCodeAt(0));
}

/** Writes the case's files, videos without contents among them, into a folder for `use`. */
async function withFiles<T>(
  files: Fields,
  use: (folder: string) => Promise<T>,
  videos: readonly string[] = [],
): Promise<T> {
  const root = await Deno.makeTempDir();
  const write = async (name: string, bytes: Uint8Array) => {
    const path = `${root}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(path, bytes);
  };
  try {
    for (const name of files.keys) await write(name, contents(files, name));
    for (const name of videos) await write(name, new Uint8Array());
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
    if (!item.has("text_ids")) continue;
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

const SPLITS = ["train", "val", "test"] as const;

/** A data set whose annotation files lie in a folder `.../d`, and its videos in `.../v`. */
function folderOf(read: ReadFolder) {
  return async ({ entry, params }: GoldenCase, checks: Checks): Promise<void> => {
    const files = entry.object("files");
    const tokens = [await loadTokenizer(), params.number("max_words")] as const;
    const annotations = files.keys[0].replace(/\/[^/]*$/, "");
    const clips = annotations.replace(/[^/]*$/, "v");
    await withFiles(files, async (root) => {
      await Deno.mkdir(`${root}/${clips}`, { recursive: true });
      const videos = await listVideos({ folder: `${root}/${clips}` });
      for (const split of SPLITS.filter((split) => entry.has(split))) {
        const set = await read(`${root}/${annotations}`, split, videos);
        folderSplit(set, split, clips, entry.object(split), checks);
        items(split, set, entry.object(split), tokens, checks);
      }
    }, entry.has("video_files") ? entry.texts("video_files") : []);
  };
}

/** Compares what a split says beyond texts: paths, times, cut-off points. */
function folderSplit(
  set: Dataset,
  split: FolderSplit,
  clips: string,
  expected: Fields,
  checks: Checks,
): void {
  checks.same(`${split}.split`, set.split, split);
  for (const [i, item] of expected.objects("items").entries()) {
    const { id, file, start, end } = set.at(i, never);
    checks.same(`${item.where}.path`, `${clips}/${file}`, item.text("path"));
    if (item.has("start")) {
      checks.equal(`${item.where}.times`, [start!, end!], [
        item.number("start"),
        item.number("end"),
      ]);
    }
    if (item.has("pseudo_id")) {
      checks.same(`${item.where}.pseudo_id`, `v_${id}`, item.text("pseudo_id"));
    }
  }
  const several = expected.flag("multi_sentence_per_video");
  checks.same(`${split}.multi_sentence_per_video`, set.cutOffPoints !== undefined, several);
  if (!several) return;
  checks.equal(
    `${split}.cut_off_points`,
    [...set.cutOffPoints!],
    expected.numbers("cut_off_points"),
  );
  // The original counts only what it evaluates.
  if (expected.has("sentence_num")) {
    checks.equal(`${split}.sentence_num`, [set.length], [expected.number("sentence_num")]);
    checks.equal(`${split}.video_num`, [set.cutOffPoints!.length], [expected.number("video_num")]);
  }
}

export const datasets: Kinds = {
  kinds: [
    { function: /^MSRVTT_TrainDataLoader/, run: msrvtt },
    { function: /^MSVD_DataLoader/, run: folderOf(readMsvd) },
    { function: /^LSMDC_DataLoader/, run: folderOf(readLsmdc) },
    { function: /^ActivityNet_DataLoader/, run: folderOf(readActivityNet) },
    { function: /^DiDeMo_DataLoader/, run: folderOf(readDidemo) },
  ],
};
