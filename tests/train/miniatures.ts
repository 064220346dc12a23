/**
 * Each data set in its own layout, small: built-in clips under the names that the set gives to its videos,
 * and its real captions where they are at hand.
 */
import { dirname, join } from "node:path";
import { pickle, type Plain } from "../data/datasets/pickle.ts";
import { published } from "../data/datasets/folder.ts";

const SHAPES = "fixtures/shapes";

/** A data set in a folder of its own. */
export interface Miniature {
  readonly annotations: string;
  readonly videos: string;
  /** The id of a training video that is not there. */
  readonly lost: string;
  /** Videos and captions of the split that is tested on. */
  readonly test: { readonly videos: number; readonly texts: number };
}

/** What is written of a data set: files by name, and where its videos lie, in turn. */
interface Layout extends Pick<Miniature, "lost" | "test"> {
  readonly files: Readonly<Record<string, unknown>>;
  readonly videos: readonly string[];
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Training videos that are there, and the one that is not; test videos. */
const TRAIN = 6, TEST = 4;
const numbers = range(TRAIN + 1 + TEST), LOST = TRAIN;
const train = numbers.slice(0, TRAIN + 1), test = numbers.slice(TRAIN + 1);

/** The first captions of the built-in clips. */
async function captions(): Promise<string[]> {
  const { sentences } = JSON.parse(await Deno.readTextFile(`${SHAPES}/captions.json`));
  return sentences.map(({ caption }: { caption: string }) => caption);
}

async function readLines(path: string | undefined): Promise<string[] | undefined> {
  return path === undefined ? undefined : (await Deno.readTextFile(path)).trim().split("\n");
}

async function msvd(): Promise<Layout> {
  const folder = await published("msvd");
  const real = await readLines(folder && `${folder}/train_list.txt`);
  const ids = numbers.map((i) => real?.[i] ?? `-x${i}_0_${i}`);
  const texts = await captions();
  // One to five captions a video.
  const of = (i: number) => range(1 + i * 3 % 5).map((n) => texts[i * 5 + n].split(" "));
  const list = (videos: number[]) => videos.map((i) => ids[i]).join("\n");
  return {
    files: {
      "train_list.txt": list(train),
      "val_list.txt": list(test),
      "test_list.txt": list(test),
      "raw-captions.pkl": pickle(new Map<string, Plain>(numbers.map((i) => [ids[i], of(i)])), 2),
    },
    videos: numbers.map((i) => i % 2 ? `sub/${ids[i]}.avi` : `${ids[i]}.avi`),
    lost: ids[LOST],
    test: { videos: TEST, texts: test.reduce((sum, i) => sum + of(i).length, 0) },
  };
}

async function lsmdc(): Promise<Layout> {
  const folder = await published("lsmdc"), table = "LSMDC16_challenge_1000_publictect.csv";
  const real = await readLines(folder && `${folder}/${table}`);
  const texts = await captions();
  const rows = numbers.map((i) => real?.[i] ?? `${i}_Film_0${i}.00\t0\t1\t0\t1\t${texts[5 * i]}`);
  const ids = rows.map((row) => row.split("\t")[0]);
  const videos = ids.map((id) => `${id.replace(/_\d\d\.\d\d.*$/, "")}/${id}.avi`);
  const lines = (of: number[]) => of.map((i) => rows[i]).join("\n") + "\n";
  return {
    files: {
      "LSMDC16_annos_training.csv": lines(train),
      "LSMDC16_annos_val.csv": lines(test),
      [table]: lines(test),
      "video_path.json": Object.fromEntries(ids.map((id, i) => [id, videos[i]])),
    },
    videos,
    lost: ids[LOST],
    test: { videos: TEST, texts: TEST },
  };
}

async function activity(): Promise<Layout> {
  const folder = await published("activitynet"), texts = await captions();
  const real = folder && JSON.parse(await Deno.readTextFile(`${folder}/train.json`));
  const made = numbers.map((i): [string, unknown] => [`v_x-${i}`, {
    duration: 2.2,
    timestamps: [[0, 1], [1, 2]],
    sentences: [texts[5 * i], ` ${texts[5 * i + 1]}`],
  }]);
  const entries: [string, unknown][] = real ? Object.entries(real).slice(0, numbers.length) : made;
  const ids = entries.map(([name]) => name.slice(2));
  const named = (of: number[]) => of.map((i) => `v_${ids[i]}`);
  const some = (of: number[]) => Object.fromEntries(of.map((i) => entries[i]));
  return {
    files: {
      "train_ids.json": [...named(train), "v_without_captions"],
      "train.json": some(train),
      "val_ids.json": named(test),
      "val_1.json": some(test),
      "video_path.json": Object.fromEntries(ids.map((id) => [id, `${id}.avi`])),
    },
    videos: ids.map((id) => `${id}.avi`),
    lost: ids[LOST],
    test: { videos: TEST, texts: TEST },
  };
}

async function didemo(): Promise<Layout> {
  const texts = await captions(),
    ids = numbers.map((i) => `${i}@N00_${i}_ab.${i % 2 ? "3gp" : "mov"}`);
  const lists = (split: string, of: number[]) => ({
    [`${split}_list.txt`]: of.map((i) => ids[i]).join("\n"),
    [`${split}_data.json`]: of.flatMap((i) =>
      range(2).map((n) => ({ description: texts[5 * i + n], times: [[n, n]], video: ids[i] }))
    ),
  });
  return {
    files: { ...lists("train", train), ...lists("val", test), ...lists("test", test) },
    videos: ids.map((id, i) => i % 3 ? `${id}.mp4` : `sub/${id}`),
    lost: ids[LOST],
    test: { videos: TEST, texts: TEST },
  };
}

const LAYOUTS = { msvd, lsmdc, activity, didemo };

/** The data sets that come as a folder of annotation files. */
export type FolderSet = keyof typeof LAYOUTS;
/** Their names. */
export const FOLDER_SETS = Object.keys(LAYOUTS) as FolderSet[];

/** Writes a miniature of a data set below `folder`; one training video stays away. */
export async function miniature(name: FolderSet, folder: string): Promise<Miniature> {
  const layout = await LAYOUTS[name]();
  const annotations = join(folder, "annotations"), videos = join(folder, "videos");
  await Deno.mkdir(annotations, { recursive: true });
  for (const [file, content] of Object.entries(layout.files)) {
    const bytes = content instanceof Uint8Array
      ? content
      : new TextEncoder().encode(typeof content === "string" ? content : JSON.stringify(content));
    await Deno.writeFile(join(annotations, file), bytes);
  }
  const clips = [...Deno.readDirSync(`${SHAPES}/videos`)].map(({ name }) => name).sort();
  for (const [i, path] of layout.videos.entries()) {
    if (i === LOST) continue;
    await Deno.mkdir(dirname(join(videos, path)), { recursive: true });
    await Deno.copyFile(join(SHAPES, "videos", clips[i]), join(videos, path));
  }
  // What lies among videos and is none of the split's.
  await Deno.writeTextFile(join(videos, "notes.txt"), "not a video");
  return { annotations, videos, lost: layout.lost, test: layout.test };
}
