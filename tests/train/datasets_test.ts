import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { packVideos } from "../../src/data/pack.ts";
import { listVideos } from "../../src/data/video_list.ts";
import { UserError } from "../../src/errors.ts";
import { evaluateRun } from "../../src/train/evaluate_run.ts";
import { train } from "../../src/train/loop.ts";
import { FOLDER_SETS, type FolderSet, type Miniature, miniature } from "./miniatures.ts";
import { given, TemporaryFolder, tinyModel, trainingLines } from "./tiny.ts";

const never = new AbortController().signal;

/** Flags of a run on a miniature; batches of an evaluation end amid a video's captions. */
function flags(name: FolderSet, { annotations, videos }: Miniature): string[] {
  return [
    ...tinyModel(),
    ...["--datatype", name, "--data_path", annotations, "--features_path", videos],
    ...["--batch_size_val", "2", "--max_steps", "2"],
  ];
}

for (const name of FOLDER_SETS) {
  Deno.test(`${name} in its own layout trains and evaluates, alike from files and from an LMDB`, async () => {
    using folder = new TemporaryFolder();
    const set = await miniature(name, folder.path);
    const lmdb = folder.in("videos.lmdb");
    await packVideos(set.videos, lmdb);
    const [files, packed] = [folder.in("files"), folder.in("packed")];
    await train(given(...flags(name, set), "--output_dir", files), never);
    const words = flags(name, { ...set, videos: "no/such/folder" });
    await train(given(...words, "--lmdb_dataset", lmdb, "--output_dir", packed), never);
    const lines = await trainingLines(files);
    deepStrictEqual(lines.map(({ step, loss }) => [step, loss > 0]), [[1, true], [2, true]]);
    deepStrictEqual(await trainingLines(packed), lines);
    const log = await Deno.readTextFile(`${files}/log.txt`);
    ok(
      log.includes(`train: left out for missing 1 video: 1 not in ${set.videos} (${set.lost})`),
      log,
    );

    strictEqual(
      await Deno.readTextFile(`${files}/missing.txt`),
      `train\t${set.lost}\tnot in ${set.videos}\n`,
    );

    const checkpoint = `${files}/ckpt.best.safetensors`;
    const { t2v, v2t, videos, texts } = await evaluateRun(
      given("--resume", checkpoint, "--lmdb_dataset", lmdb),
    );
    deepStrictEqual({ videos, texts }, set.test);
    const logged = (await Deno.readTextFile(`${files}/metrics.jsonl`)).trim().split("\n")
      .map((line) => JSON.parse(line)).find((line) => "t2v" in line);
    deepStrictEqual({ t2v, v2t }, { t2v: logged.t2v, v2t: logged.v2t });
  });
}

Deno.test("a video that is not there ends the run before it starts, where that is asked for", async () => {
  using folder = new TemporaryFolder();
  const set = await miniature("lsmdc", folder.path), run = folder.in("run");
  const fail = [...flags("lsmdc", set), "--output_dir", run, "--missing", "fail"];
  await rejects(train(given(...fail), never), (error: Error) => {
    ok(error instanceof UserError);
    match(
      error.message,
      /^lsmdc's train split lacks 1 video: 1 not in .*; add them, or leave them/,
    );
    ok(error.message.includes(set.lost));
    return true;
  });
  strictEqual(await Deno.stat(run).catch(() => undefined), undefined, "a run folder was made");
  const none = flags("lsmdc", { ...set, videos: set.annotations });
  await rejects(
    train(given(...none, "--output_dir", run), never),
    /train split lacks 7 videos: 7 not in .*; give the folder or LMDB that holds them/,
  );
});

Deno.test("several captions a video: the size of a batch has no say in an evaluation", async () => {
  using folder = new TemporaryFolder();
  const words = flags("msvd", await miniature("msvd", folder.path));
  const [few, many] = [
    await evaluateRun(given(...words)),
    await evaluateRun(
      given(...words, "--batch_size_val", "64"),
    ),
  ].map(({ t2v, v2t }) => ({ t2v, v2t }));
  deepStrictEqual(few, many);
});

Deno.test("captions of a video that cannot be read are left out of an evaluation", async () => {
  using folder = new TemporaryFolder();
  const set = await miniature("msvd", folder.path);
  const read = () =>
    evaluateRun(given(...flags("msvd", set), "--bad_video_limit", "1", "--do_train", "0"));
  const whole = await read();
  const list = await Deno.readTextFile(`${set.annotations}/test_list.txt`);
  const bad = list.split("\n")[1];
  const { files } = await listVideos({ folder: set.videos });
  const path = `${set.videos}/${files.find((file) => file.endsWith(`${bad}.avi`))}`;
  await Deno.writeTextFile(path, "no video");
  const { videos, texts } = await read();
  strictEqual(videos, whole.videos - 1);
  ok(texts < whole.texts && texts > 0);
});
