import { deepStrictEqual, doesNotMatch, match, ok, rejects, strictEqual } from "node:assert/strict";
import { UserError } from "../../src/errors.ts";
import type { Json } from "../../src/io/checkpoint.ts";
import { openCheckpoint, saveCheckpoint } from "../../src/io/checkpoint.ts";
import { evaluateRun } from "../../src/train/evaluate_run.ts";
import { train } from "../../src/train/loop.ts";
import { given, TemporaryFolder, tiny } from "./tiny.ts";

const never = new AbortController().signal;

/** Trains the tiny model for `steps` steps; the run's folder is `name` in `folder`. */
async function begin(
  folder: TemporaryFolder,
  name: string,
  steps: number,
  precision: string,
  ...more: string[]
): Promise<string> {
  const path = folder.in(name);
  const words = ["--output_dir", path, "--max_steps", `${steps}`, "--precision", precision];
  await train(given(...tiny(folder), ...words, ...more), never);
  return path;
}

/** Goes on with a run in its folder. */
async function goOn(path: string, steps: number, ...more: string[]): Promise<void> {
  const words = ["--resume", `${path}/ckpt.safetensors`, "--max_steps", `${steps}`];
  await train(given(...words, ...more), never);
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
  const checkpoint = `${path}/ckpt.safetensors`, copy = `${path}/planted`;
  const { file, state } = await openCheckpoint(checkpoint);
  {
    using _file = file;
    const tensors = file.names.map((name) => ({
      ...{ name, dtype: file.info(name).dtype, shape: [...file.info(name).shape] },
      bytes: async () => (await file.read(name)).bytes,
    }));
    await saveCheckpoint(copy, { tensors, state: { ...state, loss_scale } });
  }
  await Deno.rename(copy, checkpoint);
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
  const path = await begin(folder, "run", 2, "amp");
  strictEqual(JSON.parse(await Deno.readTextFile(`${path}/hparams_train.json`)).precision, "amp");
  await plantScale(path, { scale: 2 ** 100, good: 3 });
  const before = await learnt(path);
  await goOn(path, 4);
  deepStrictEqual(await learnt(path), before);
  deepStrictEqual(await savedScale(path), { scale: 2 ** 98, good: 0 });
  const { log, lines } = await written(path);
  deepStrictEqual(lines.slice(2).map(({ loss_scale }) => loss_scale), [2 ** 99, 2 ** 98]);
  ok(lines.every(({ loss }) => loss > 0 && loss < 10));
  const warning =
    /WARNING .* step 3: the gradients were not finite; it is skipped, and the loss scale falls to 6\.3\d+e\+29 \(expected in the first steps\)/;
  match(log, warning);
  match(log, /\tloss_scale 6\.3\d+e\+29\n/);
});

Deno.test("mixed precision takes the step of f32 but for rounding, over all parts of a batch", async () => {
  using folder = new TemporaryFolder();
  const steps = [];
  // Clusters are chosen: rounding would choose others.
  const more = ["--gradient_accumulation_steps", "2", "--cluster_inter", "0"];
  for (const precision of ["fp32", "amp"]) {
    const path = await begin(folder, precision, 1, "fp32", ...more);
    await plantScale(path, { scale: 64, good: 0 });
    await goOn(path, 2, "--precision", precision);
    steps.push((await written(path)).lines[1]);
  }
  const [{ loss, grad_norm }, mixed] = steps;
  ok(Math.abs(mixed.loss / loss - 1) < 0.01, `${mixed.loss}, not ${loss}`);
  ok(Math.abs(mixed.grad_norm / grad_norm - 1) < 0.03, `${mixed.grad_norm}, not ${grad_norm}`);
});

Deno.test("a run whose gradients overflow at any loss scale ends with one line", async () => {
  using folder = new TemporaryFolder();
  const path = await begin(folder, "run", 1, "amp");
  await plantScale(path, { scale: 0.5, good: 0 });
  await rejects(goOn(path, 9), (error: Error) => {
    ok(error instanceof UserError);
    match(error.message, /overflow f16 until the loss scale is down to 0\.5; --resume the last/);
    return true;
  });
  await plantScale(path, "large");
  await rejects(goOn(path, 9), /the checkpoint's loss scale is damaged/);
});

Deno.test("a run changes its precision on the way", async () => {
  using folder = new TemporaryFolder();
  const path = await begin(folder, "run", 1, "fp32");
  strictEqual(await savedScale(path), undefined);
  doesNotMatch((await written(path)).log, /loss_scale/);
  await goOn(path, 2, "--precision", "amp");
  match(
    (await written(path)).log,
    /--precision amp instead of .* fp32[^]*the loss scale starts afresh/,
  );
  ok(await savedScale(path));
  await goOn(path, 3, "--precision", "fp32");
  strictEqual(await savedScale(path), undefined);
  const { lines } = await written(path);
  deepStrictEqual(lines.map((line) => "loss_scale" in line), [false, true, false]);
});

Deno.test("a checkpoint is evaluated in either precision", async () => {
  using folder = new TemporaryFolder();
  const path = await begin(folder, "run", 1, "amp"), resume = `${path}/ckpt.safetensors`;
  strictEqual((await evaluateRun({ resume })).videos, 5);
  strictEqual((await evaluateRun({ resume, precision: "fp32" })).videos, 5);
});
