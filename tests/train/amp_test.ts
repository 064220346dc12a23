import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { UserError } from "../../src/errors.ts";
import { type Json, openCheckpoint, saveCheckpoint } from "../../src/io/checkpoint.ts";
import { evaluateRun } from "../../src/train/evaluate_run.ts";
import { train } from "../../src/train/loop.ts";
import { given, TemporaryFolder, tiny, tinyData } from "./tiny.ts";

const never = new AbortController().signal;

let checkpoint: Uint8Array | undefined;

/** A run of one step in f32, the same for all tests, as a folder in `folder`. */
async function begun(folder: TemporaryFolder, name = "run"): Promise<string> {
  const path = folder.in(name), file = `${path}/ckpt.safetensors`;
  if (checkpoint) {
    await Deno.mkdir(path);
    await Deno.writeFile(file, checkpoint);
  } else {
    await train(given(...tiny(folder), "--output_dir", path, "--max_steps", "1"), never);
    checkpoint = await Deno.readFile(file);
  }
  return path;
}

/** Goes on with a run in its folder. */
async function goOn(
  folder: TemporaryFolder,
  path: string,
  steps: number,
  ...more: string[]
): Promise<void> {
  const words = ["--resume", `${path}/ckpt.safetensors`, "--max_steps", `${steps}`];
  await train(given(...tinyData(folder), ...words, ...more), never);
}

/** The run's log, and the training lines of its metrics. */
async function written(path: string): Promise<{ log: string; lines: Record<string, number>[] }> {
  const metrics = (await Deno.readTextFile(`${path}/metrics.jsonl`)).trim().split("\n");
  return {
    log: await Deno.readTextFile(`${path}/log.txt`),
    lines: metrics.map((line) => JSON.parse(line)).filter((line) => "loss" in line),
  };
}

/** The loss scale in a run's checkpoint. */
async function savedScale(path: string): Promise<Json | undefined> {
  const { file, state } = await openCheckpoint(`${path}/ckpt.safetensors`);
  file.close();
  return state.loss_scale;
}

/** Puts another loss scale in a run's checkpoint. */
async function plantScale(path: string, loss_scale: Json): Promise<void> {
  const original = `${path}/ckpt.safetensors`, copy = `${path}/planted`;
  const { file, state } = await openCheckpoint(original);
  {
    using _file = file;
    const tensors = file.names.map((name) => ({
      ...{ name, dtype: file.info(name).dtype, shape: [...file.info(name).shape] },
      bytes: async () => (await file.read(name)).bytes,
    }));
    await saveCheckpoint(copy, { tensors, state: { ...state, loss_scale } });
  }
  await Deno.rename(copy, original);
}

/** All tensors of a run's checkpoint, and what its optimiser counted. */
async function learnt(path: string) {
  const { file, state } = await openCheckpoint(`${path}/ckpt.safetensors`);
  using _file = file;
  const tensors = await Promise.all(
    file.names.map(async (name) => [name, (await file.read(name)).bytes]),
  );
  return { tensors, updates: state.updates };
}

Deno.test("a step that overflows changes nothing but the loss scale, and says so", async () => {
  using folder = new TemporaryFolder();
  const path = await begun(folder), before = await learnt(path);
  await plantScale(path, { scale: 2 ** 64, good: 3 });
  await goOn(folder, path, 3, "--precision", "amp");
  strictEqual(JSON.parse(await Deno.readTextFile(`${path}/hparams_train.json`)).precision, "amp");
  deepStrictEqual(await learnt(path), before);
  deepStrictEqual(await savedScale(path), { scale: 2 ** 62, good: 0 });
  const { log, lines } = await written(path);
  deepStrictEqual(lines.slice(-2).map(({ loss_scale }) => loss_scale), [2 ** 63, 2 ** 62]);
  ok(lines.every(({ loss }) => loss > 0 && loss < 10));
  const warning =
    /WARNING .* step 2: the gradients were not finite; it is skipped, and the loss scale falls to 9223372036854776000\n/;
  match(log, warning);
  match(log, /\tloss_scale 9223372036854776000\n/);
});

Deno.test("mixed precision takes the step of f32 but for rounding, over all parts of a batch", async () => {
  using folder = new TemporaryFolder();
  const steps = [];
  // Clusters are chosen: rounding would choose others.
  const more = ["--gradient_accumulation_steps", "2", "--cluster_inter", "0"];
  for (const precision of ["fp32", "amp"]) {
    const path = await begun(folder, precision);
    await plantScale(path, { scale: 64, good: 0 });
    await goOn(folder, path, 2, "--precision", precision, ...more);
    steps.push((await written(path)).lines.at(-1)!);
  }
  const [{ loss, grad_norm }, mixed] = steps;
  ok(Math.abs(mixed.loss / loss - 1) < 0.01, `${mixed.loss}, not ${loss}`);
  ok(Math.abs(mixed.grad_norm / grad_norm - 1) < 0.03, `${mixed.grad_norm}, not ${grad_norm}`);
});

Deno.test("a run whose gradients overflow at any loss scale ends with one line", async () => {
  using folder = new TemporaryFolder();
  const path = await begun(folder);
  await plantScale(path, { scale: 0.5, good: 0 });
  await rejects(goOn(folder, path, 9, "--precision", "amp"), (error: Error) => {
    ok(error instanceof UserError);
    match(error.message, /overflow f16 until the loss scale is down to 0\.5; --resume the last/);
    return true;
  });
  await plantScale(path, "large");
  await rejects(goOn(folder, path, 9, "--precision", "amp"), /loss scale is damaged/);
});

Deno.test("a run changes its precision on the way, and its checkpoint is evaluated in either", async () => {
  using folder = new TemporaryFolder();
  const path = await begun(folder);
  strictEqual(await savedScale(path), undefined);
  await goOn(folder, path, 2, "--precision", "amp");
  const { log, lines } = await written(path);
  match(log, /--precision amp instead of .* fp32[^]*the loss scale starts afresh/);
  ok("loss_scale" in lines.at(-1)!);
  ok(await savedScale(path));

  const resume = `${path}/ckpt.safetensors`;
  for (const more of [{}, { precision: "fp32" }] as const) {
    strictEqual((await evaluateRun({ resume, ...more })).videos, 5);
  }
  await goOn(folder, path, 3, "--precision", "fp32");
  strictEqual(await savedScale(path), undefined);
  ok(!("loss_scale" in (await written(path)).lines.at(-1)!));
});
