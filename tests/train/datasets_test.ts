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

Deno.test("captions of a video that cannot be read are left out of an evaluation, which says so", async () => {
  using folder = new TemporaryFolder();
  const set = await miniature("msvd", folder.path);
  const read = (...more: string[]) =>
    evaluateRun(
      given(...flags("msvd", set), "--do_train", "0", "--output_dir", folder.in("eval"), ...more),
    );
  const whole = await read();
  strictEqual(whole.bad, 0);
  const list = await Deno.readTextFile(`${set.annotations}/test_list.txt`);
  const bad = list.split("\n")[1];
  const { files } = await listVideos({ folder: set.videos });
  const path = `${set.videos}/${files.find((file) => file.endsWith(`${bad}.avi`))}`;
  await Deno.writeTextFile(path, "no video");
  const found = await read("--max_bad", "1");
  strictEqual(found.videos, whole.videos - 1);
  strictEqual(found.bad, 1);
  ok(found.texts < whole.texts && found.texts > 0);
  const named = await Deno.readTextFile(folder.in("eval/bad_videos.eval.txt"));
  ok(named.startsWith(`test\t${bad}\t${path} `) && named.trim().split("\n").length === 1, named);
  match(await Deno.readTextFile(folder.in("eval/log.txt")), /1 bad video left out: .*eval.txt/);
  await rejects(read("--max_bad", "0"), /more than 0 clips of .* are bad .*the first: .*replace/);
  await rejects(read("--bad_video", "fail"), { name: "UserError", message: /replace the file/ });
});

Deno.test("training lists the videos that it leaves out, and goes on with the list", async () => {
  using folder = new TemporaryFolder();
  const set = await miniature("msvd", folder.path), path = folder.in("run");
  // The one with the most captions.
  const bad = (await Deno.readTextFile(`${set.annotations}/train_list.txt`)).split("\n")[3];
  const { files } = await listVideos({ folder: set.videos });
  await Deno.writeTextFile(
    `${set.videos}/${files.find((file) => file.endsWith(`${bad}.avi`))}`,
    "no video",
  );
  const words = [...flags("msvd", set), "--max_bad", "1", "--output_dir", path];
  await train(given(...words), never);
  const list = await Deno.readTextFile(`${path}/bad_videos.txt`);
  strictEqual(list.trim().split("\n").length, 1);
  ok(list.startsWith(`train\t${bad}\t`), list);
  await train(given("--resume", `${path}/ckpt.safetensors`, "--max_steps", "4"), never);
  strictEqual(await Deno.readTextFile(`${path}/bad_videos.txt`), list);
  const log = await Deno.readTextFile(`${path}/log.txt`);
  strictEqual(log.match(/finished after .*, 1 bad video left out: .*bad_videos.txt/g)?.length, 2);
});
