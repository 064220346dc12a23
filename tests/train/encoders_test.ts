import { deepStrictEqual, notDeepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import type { ResNetConfig } from "../../src/clip/config.ts";
import { randomWeights } from "../../src/clip/init.ts";
import { UsageError } from "../../src/errors.ts";
import { writeSafetensors } from "../../src/io/safetensors.ts";
import { openRun } from "../../src/train/checkpoint.ts";
import { evaluateRun } from "../../src/train/evaluate_run.ts";
import { train } from "../../src/train/loop.ts";
import { given, TemporaryFolder, tiny, tinyData, trainingLines } from "./tiny.ts";

const never = new AbortController().signal;

/** A ResNet too small for anything but a test; what makes it one is read off its weights. */
const RESNET: ResNetConfig = {
  ...{ embedDim: 32, contextLength: 77, vocabSize: 49408, textWidth: 64, textLayers: 1 },
  ...{ vision: "ResNet", imageResolution: 64, visionLayers: [1, 2, 1, 1], visionWidth: 8 },
};

/** Writes {@link RESNET} under OpenAI's name, and gives the flags of a run that starts from it. */
async function resNetFlags(folder: TemporaryFolder): Promise<string[]> {
  const entries = Array.from(randomWeights(RESNET, 3), ([name, { shape, data }]) => (
    { name, dtype: "F32", shape, bytes: new Uint8Array(data.buffer) } as const
  ));
  await writeSafetensors(folder.in("RN50.safetensors"), entries);
  return [
    ...tinyData(folder),
    ...["--pretrained_clip_name", "RN50", "--pretrained_dir", folder.path, "--max_frames", "2"],
    ...["--cluster_inter", "0", "--max_words", "24", "--batch_size", "4", "--batch_size_val", "3"],
    ...["--epochs", "20", "--n_display", "1", "--optim", "AdamW", "--lr", "1e-3"],
    ...["--freeze_layer_num", "-1", "--eval_every", "100"],
  ];
}

/** Elements of tensors of a run's checkpoint. */
async function saved(path: string, ...names: string[]): Promise<Float32Array[]> {
  const { file } = await openRun(`${path}/ckpt.safetensors`);
  try {
    return await Promise.all(names.map((name) => file.readF32(name)));
  } finally {
    file.close();
  }
}

Deno.test("a ResNet trains, keeps its running statistics, and resumes bit for bit", async () => {
  using folder = new TemporaryFolder();
  const flags = await resNetFlags(folder);
  const run = async (name: string, steps: number) => {
    const path = folder.in(name);
    const where = ["--output_dir", path, "--max_steps", String(steps)];
    return { path, ...await train(given(...flags, ...where), never) };
  };
  const { path: whole, best } = await run("whole", 4), { path: parts } = await run("parts", 2);
  const lines = await trainingLines(whole);
  strictEqual(lines.length, 4);
  ok(lines.every(({ loss, grad_norm }) => Number.isFinite(loss) && grad_norm > 0));

  const metrics = (await Deno.readTextFile(`${whole}/metrics.jsonl`)).trim().split("\n");
  const live = metrics.map((line) => JSON.parse(line).gpu_bytes_live).filter((bytes) => bytes);
  strictEqual(live.at(-1), live[1], "memory in use after the last step, and after the second");

  const norm = "model.clip.visual.layer2.1.bn2";
  const [batches, mean] = await saved(whole, `${norm}.num_batches_tracked`, `${norm}.running_mean`);
  deepStrictEqual([...batches], [4]);
  ok(mean.every((value) => Number.isFinite(value) && value !== 0));

  const found = await evaluateRun({ resume: `${whole}/ckpt.best.safetensors` });
  strictEqual(found.t2v.R1, best!.R1);
  const logged = metrics.map((line) => JSON.parse(line)).find((line) => "t2v" in line);
  deepStrictEqual([found.t2v, found.v2t], [logged.t2v, logged.v2t]);
  deepStrictEqual(await saved(whole, `${norm}.running_mean`), [mean]);

  await train(given("--resume", `${parts}/ckpt.safetensors`, "--max_steps", "4"), never);
  const [a, b] = await Promise.all([whole, parts].map((p) => openRun(`${p}/ckpt.safetensors`)));
  try {
    deepStrictEqual(a.file.names, b.file.names);
    ok(
      a.file.names.every((name) => !/exp_avg.*(running|batches)/.test(name)),
      "moments of a buffer",
    );
    for (const name of a.file.names) {
      deepStrictEqual((await b.file.read(name)).bytes, (await a.file.read(name)).bytes, name);
    }
  } finally {
    a.file.close();
    b.file.close();
  }
});

Deno.test("a file that holds a ResNet under another model's name is refused where tokens are needed", async () => {
  using folder = new TemporaryFolder();
  const flags = await resNetFlags(folder);
  Deno.renameSync(folder.in("RN50.safetensors"), folder.in("ViT-B-32.safetensors"));
  const asVit = flags.with(flags.indexOf("RN50"), "ViT-B/32")
    .with(flags.indexOf("--cluster_inter") + 1, "1");
  const lists = ["--cluster_num_blocks", "--target_frames_blocks"].flatMap((flag) => [
    flag,
    ...Array(12).fill("2"),
  ]);
  const run = train(given(...asVit, ...lists, "--output_dir", folder.in("run")), never);
  await rejects(run, (error: Error) => {
    ok(error instanceof UsageError);
    strictEqual(
      error.message,
      "token clustering needs a vision transformer; this CLIP model has a ResNet",
    );
    return true;
  });
});

Deno.test("patches over three frames begin as those of one, and learn in their place", async () => {
  using folder = new TemporaryFolder();
  const CONV1 = "model.clip.visual.conv1.weight", CONV2 = "model.clip.visual.conv2.weight";
  const run = async (name: string, ...more: string[]) => {
    const path = folder.in(name), flags = tiny(folder);
    const frozen = flags.with(flags.indexOf("--freeze_layer_num") + 1, "0");
    // The first step's rate is next to nothing, the second's is not.
    const where = ["--output_dir", path, "--max_steps", "3"];
    await train(given(...frozen, ...where, ...more), never);
    return path;
  };
  const flat = await run("2d"), deep = await run("3d", "--linear_patch", "3d");
  const [[one], [three]] = await Promise.all([flat, deep].map(trainingLines));
  ok(Math.abs(one.loss - three.loss) < 1e-5, `${one.loss}, ${three.loss}`);
  const [single, spread] = await saved(deep, CONV1, CONV2);
  deepStrictEqual(await saved(flat, CONV1), [single], "frozen, and not used");
  strictEqual(spread.length, 3 * single.length);
  const area = 32 * 32, before = spread.subarray(0, area), middle = spread.subarray(area, 2 * area);
  ok(before.some((value) => value !== 0), "the frame before has weights by now");
  notDeepStrictEqual(middle, single.subarray(0, area));
  const positions = "model.clip.visual.positional_embedding";
  deepStrictEqual(await saved(deep, positions), await saved(flat, positions));

  const reference = await run("reference", "--linear_patch", "3d", "--compat", "reference");
  notDeepStrictEqual(await saved(reference, positions), await saved(flat, positions));
});
