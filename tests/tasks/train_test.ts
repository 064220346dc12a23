import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { openRun } from "../../src/train/checkpoint.ts";
import { TemporaryFolder, tiny, trainingLines } from "../train/tiny.ts";

/** Starts a task in a process of its own. */
function start(task: string, words: readonly string[], env: Record<string, string> = {}) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `tasks/${task}.ts`, ...words],
    stdout: "piped",
    stderr: "piped",
    env,
  }).spawn();
}

/** Runs a task to its end. */
async function run(task: string, words: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await start(task, words, env).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

/** The line of an error, without what the GPU's driver says beside it. */
function errorLine(err: string): string {
  const lines = err.trim().split("\n").filter((line) => line.startsWith("error: "));
  strictEqual(lines.length, 1, err);
  ok(!/\bat .*\.ts:\d+/.test(err), err);
  return lines[0];
}

Deno.test("training that is killed leaves a checkpoint that goes on to the same losses", async () => {
  using folder = new TemporaryFolder();
  const whole = folder.in("whole"), killed = folder.in("killed");
  const flags = (path: string, steps: number) => [
    ...tiny(folder),
    ...["--output_dir", path, "--max_steps", String(steps), "--save_every", "1"],
  ];
  const done = await run("train", flags(whole, 6));
  strictEqual(done.code, 0, done.err);

  const victim = start("train", flags(killed, 10000));
  while (await lines(killed) < 2) await new Promise((wake) => setTimeout(wake, 20));
  victim.kill("SIGKILL");
  await victim.output();
  const checkpoint = `${killed}/ckpt.safetensors`;
  const { file, run: saved } = await openRun(checkpoint);
  file.close();
  ok(saved.position.step >= 1);
  const steps = Math.max(6, saved.position.step + 1);
  const resumed = await run("train", ["--resume", checkpoint, "--max_steps", String(steps)]);
  strictEqual(resumed.code, 0, resumed.err);
  deepStrictEqual((await trainingLines(killed)).slice(0, 6), await trainingLines(whole));
});

async function lines(folder: string): Promise<number> {
  try {
    return (await trainingLines(folder)).length;
  } catch {
    return 0;
  }
}

Deno.test("eval --json prints one object on one line, and everything else elsewhere", async () => {
  using folder = new TemporaryFolder();
  const path = folder.in("run");
  const trained = await run("train", [...tiny(folder), "--output_dir", path, "--max_steps", "1"]);
  strictEqual(trained.code, 0, trained.err);
  strictEqual(trained.out, "");
  const checkpoint = `${path}/ckpt.safetensors`;
  const { code, out } = await run("eval", ["--resume", checkpoint, "--json"]);
  strictEqual(code, 0);
  const result = JSON.parse(out);
  strictEqual(out, JSON.stringify(result) + "\n");
  deepStrictEqual(Object.keys(result), [
    "t2v",
    "v2t",
    "videos",
    "texts",
    "bad",
    "seconds",
    "checkpoint",
  ]);
  deepStrictEqual(Object.keys(result.t2v), ["R1", "R5", "R10", "MedianR", "MeanR"]);
  strictEqual(result.checkpoint, checkpoint);
});

Deno.test("train --do_eval 1 and --inference_speed_test 1 print what they found, and end well", async () => {
  using folder = new TemporaryFolder();
  const found = await run("train", [...tiny(folder), "--do_eval", "1"]);
  strictEqual(found.code, 0, found.err);
  match(found.out, /^text-to-video R@1 \d+\.\d, video-to-text R@1 \d+\.\d\n$/);
  const timed = await run("train", [...tiny(folder), "--inference_speed_test", "1"]);
  strictEqual(timed.code, 0, timed.err);
  match(timed.out, /^5 pairs encoded in \d+\.\d\d s\n$/);
});

Deno.test("bad input gets one line and the right exit code", async () => {
  using folder = new TemporaryFolder();
  const flags = [...tiny(folder), "--max_steps", "1", "--output_dir", folder.in("run")];
  await Deno.writeTextFile(folder.in("nonsense.safetensors"), "not a checkpoint");
  await Deno.writeTextFile(folder.in("columns.csv"), "id\nvideo0\n");
  const cases: [task: string, words: string[], code: number, pattern: RegExp][] = [
    ["train", ["--batch_sise", "4"], 2, /batch_size/],
    ["train", ["--epochs", "none"], 2, /epochs/],
    ["train", ["--recipe", "msvd-kmedoid-4-49"], 2, /did you mean msvd-kmedoids-4-49/],
    ["train", [...flags, "--train_csv", folder.in("columns.csv")], 1, /columns\.csv.*video_id/],
    ["train", [...flags, "--data_path", folder.in("missing.json")], 1, /missing\.json/],
    ["train", [...flags, "--output_dir", folder.in("columns.csv/run")], 1, /columns\.csv/],
    ["train", [...flags, "--target_frames_blocks", "4", "3"], 2, /target_frames_blocks/],
    ["train", [...flags, "--cluster_num_blocks", "4", "9"], 2, /cluster_num_blocks/],
    ["train", [...flags, "--features_path", folder.in("nowhere")], 1, /nowhere/],
    ["eval", ["--resume", folder.in("nonsense.safetensors")], 1, /nonsense\.safetensors/],
    ["eval", ["--resume", folder.in("none.safetensors")], 1, /none\.safetensors/],
  ];
  for (const [task, words, code, pattern] of cases) {
    const { code: actual, err } = await run(task, words);
    strictEqual(actual, code, `${words}: ${err}`);
    match(errorLine(err), pattern);
  }
});

Deno.test("train --recipe list prints the recipes, and trains nothing", async () => {
  const { code, out, err } = await run("train", ["--recipe", "list"]);
  strictEqual(code, 0, err);
  match(out, /^recipe .*\nfixtures .*\nmsrvtt-baseline .*43\.0\/70\.7\/80\.6/);
  strictEqual(err, "");
});

Deno.test("no usable GPU is exit code 3", async () => {
  using folder = new TemporaryFolder();
  const words = [...tiny(folder), "--max_steps", "1", "--output_dir", folder.in("run")];
  const { code, err } = await run("train", words, { VK_DRIVER_FILES: "/nonexistent" });
  strictEqual(code, 3, err);
  match(errorLine(err), /no usable GPU/);
});
