import {
  deepStrictEqual,
  match,
  notDeepStrictEqual,
  ok,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { UserError } from "../../src/errors.ts";
import { openRun } from "../../src/train/checkpoint.ts";
import { evaluateRun } from "../../src/train/evaluate_run.ts";
import { train } from "../../src/train/loop.ts";
import { given, interrupted, TemporaryFolder, tiny, trainingLines } from "./tiny.ts";

const never = new AbortController().signal;

/** Trains the tiny model for `steps` steps; the run's folder is `name` in `folder`. */
async function run(folder: TemporaryFolder, name: string, steps: number, ...more: string[]) {
  const path = folder.in(name);
  const where = ["--output_dir", path, "--max_steps", String(steps)];
  return { path, ...await train(given(...tiny(folder), ...where, ...more), never) };
}

Deno.test("a run leaves its files, and evaluation repeats its figures from the checkpoint", async () => {
  using folder = new TemporaryFolder();
  // Enough pairs that other weights rank them otherwise.
  const more = ["--val_csv", folder.excerpt("val.csv", 24, "test.csv"), "--lr", "0.01"];
  const { path, best, position } = await run(folder, "run", 3, ...more);
  strictEqual(position.step, 3);
  const names = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  deepStrictEqual(names, [
    "ckpt.best.safetensors",
    "ckpt.safetensors",
    "hparams_train.json",
    "log.txt",
    "metrics.jsonl",
    "tensorboard",
  ]);
  const lines = await trainingLines(path);
  deepStrictEqual(lines.map(({ step }) => step), [1, 2, 3]);
  ok(lines.every(({ loss }) => loss > 0 && loss < 10));
  match(
    await Deno.readTextFile(`${path}/log.txt`),
    /train: 12 of 12 clips were resized to 64 pixels/,
  );
  const { t2v, v2t, videos } = await evaluateRun({ resume: `${path}/ckpt.best.safetensors` });
  strictEqual(videos, 24);
  strictEqual(t2v.R1, best!.R1);
  const metrics = (await Deno.readTextFile(`${path}/metrics.jsonl`)).trim().split("\n");
  const logged = metrics.map((line) => JSON.parse(line)).find((line) => "t2v" in line);
  deepStrictEqual({ t2v, v2t }, { t2v: logged.t2v, v2t: logged.v2t });

  const start = await evaluateRun(
    given(...tiny(folder), ...more, "--output_dir", folder.in("start")),
  );
  notDeepStrictEqual({ t2v: start.t2v, v2t: start.v2t }, { t2v, v2t }, "of untrained weights");
});

for (
  const [optim, head, precision] of [
    ["AdamW", "meanP", "fp32"],
    ["BertAdam", "tightTransf", "fp32"],
    ["AdamW", "meanP", "amp"],
  ]
) {
  const how = `${optim}, ${head}, ${precision}`;
  Deno.test(`a resumed run repeats the uninterrupted one bit for bit, mid-epoch: ${how}`, () =>
    resumed("--optim", optim, "--sim_header", head, "--precision", precision));
}

/** Checks that a run in two parts is the run in one. */
async function resumed(...more: string[]) {
  using folder = new TemporaryFolder();
  const { path: whole } = await run(folder, "whole", 5, ...more);
  const { path: parts } = await run(folder, "parts", 2, ...more);
  await train(given("--resume", `${parts}/ckpt.safetensors`, "--max_steps", "5"), never);
  deepStrictEqual(await trainingLines(parts), await trainingLines(whole));
  const [a, b] = await Promise.all([whole, parts].map((p) => openRun(`${p}/ckpt.safetensors`)));
  try {
    deepStrictEqual(a.run.position, b.run.position);
    deepStrictEqual(a.state.updates, b.state.updates);
    deepStrictEqual(a.state.loss_scale, b.state.loss_scale);
    deepStrictEqual(a.file.names, b.file.names);
    for (const name of a.file.names) {
      deepStrictEqual((await b.file.read(name)).bytes, (await a.file.read(name)).bytes, name);
    }
  } finally {
    a.file.close();
    b.file.close();
  }
}

Deno.test("a run over a frame cache is the run without, and the next one decodes nothing", async () => {
  using folder = new TemporaryFolder();
  const { path: plain } = await run(folder, "plain", 4);
  const cached = ["--frame_cache", folder.in("frames"), "--cache_mb", "0"];
  const clips = async (name: string, steps: number, ...more: string[]) => {
    const { path } = await run(folder, name, steps, ...cached, ...more);
    const epochs = (await Deno.readTextFile(`${path}/metrics.jsonl`)).trim().split("\n")
      .map((line) => JSON.parse(line)).filter((line) => "clips_cached" in line);
    const { steps: taken, seconds, gpu_wait_share: share } = epochs[0];
    deepStrictEqual([taken, seconds > 0, share >= 0 && share <= 1], [3, true, true]);
    const sum = (key: string) => epochs.reduce((sum, epoch) => sum + epoch[key], 0);
    return { path, decoded: sum("clips_decoded"), cached: sum("clips_cached") };
  };
  const cold = await clips("cold", 4, "--num_thread_reader", "2");
  const warm = await clips("warm", 4);
  ok(cold.decoded >= 12 && cold.cached > 0);
  strictEqual(warm.decoded, 0);
  for (const { path } of [cold, warm]) {
    deepStrictEqual(await trainingLines(path), await trainingLines(plain));
  }
  const log = await Deno.readTextFile(`${warm.path}/log.txt`);
  match(
    log,
    /Epoch 1\/20: 3 steps in [\d.]+ s, [\d.]+ % of which the GPU waited for data; 0 clips/,
  );
  await rejects(run(folder, "bad", 1, "--frame_cache", `${plain}/log.txt`), /is not a frame cache/);
});

Deno.test("accumulation over parts sees every part; the reference sees only the last", async () => {
  using folder = new TemporaryFolder();
  const norms = [];
  for (const [name, more] of [["right", []], ["reference", ["--compat", "reference"]]] as const) {
    const { path } = await run(folder, name, 1, "--gradient_accumulation_steps", "2", ...more);
    norms.push((await trainingLines(path))[0].grad_norm);
  }
  ok(Math.abs(norms[0] - norms[1]) > 1e-3, `${norms}`);
});

Deno.test("an interrupt ends the run after the step, with a checkpoint that goes on", async () => {
  using folder = new TemporaryFolder();
  const path = folder.in("run");
  const { position } = await interrupted(folder, path);
  ok(position.step > 0 && position.step < 10000);
  const { file, run: saved } = await openRun(`${path}/ckpt.safetensors`);
  file.close();
  deepStrictEqual(saved.position, position);
});

Deno.test("a NaN in a weight is reported by the tensor's name", async () => {
  using folder = new TemporaryFolder();
  const { path } = await run(folder, "run", 1);
  const checkpoint = `${path}/ckpt.safetensors`;
  const { file, run: saved } = await openRun(checkpoint);
  const name = "model.clip.visual.transformer.resblocks.1.mlp.c_fc.bias";
  const at = file.info(name).begin;
  file.close();
  strictEqual(saved.position.step, 1);
  using handle = await Deno.open(checkpoint, { write: true });
  await handle.seek(at + 8, Deno.SeekMode.Start);
  await handle.write(new Uint8Array(Float32Array.of(NaN).buffer));
  await rejects(
    train(given("--resume", checkpoint, "--max_steps", "3"), never),
    (error: Error) => {
      ok(error instanceof UserError);
      match(
        error.message,
        /clip\.visual\.transformer\.resblocks\.1\.mlp\.c_fc\.bias is not finite/,
      );
      return true;
    },
  );
});

Deno.test("GPU memory does not grow with the steps", async () => {
  using folder = new TemporaryFolder();
  const { path } = await run(folder, "run", 30, "--n_display", "10");
  const text = await Deno.readTextFile(`${path}/metrics.jsonl`);
  const live = text.trim().split("\n").map((line) => JSON.parse(line).gpu_bytes_live)
    .filter((bytes) => bytes !== undefined);
  strictEqual(live.length, 3);
  strictEqual(live[2], live[0]);
});
