import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { evaluateRun, timeInference } from "../../src/train/evaluate_run.ts";
import { train } from "../../src/train/loop.ts";
import { given, TemporaryFolder, tiny } from "./tiny.ts";

const never = new AbortController().signal;

/** Every file below `path`, as one string to compare. */
function contents(path: string): string {
  return [...Deno.readDirSync(path)].sort((a, b) => a.name < b.name ? -1 : 1)
    .map(({ name, isDirectory }) =>
      isDirectory
        ? contents(`${path}/${name}`)
        : `${name}: ${new TextDecoder("latin1").decode(Deno.readFileSync(`${path}/${name}`))}`
    ).join("\n");
}

Deno.test("an evaluation adds to the log of its output folder, and touches nothing of a run", async () => {
  using folder = new TemporaryFolder();
  const where = ["--output_dir", folder.in("run"), "--max_steps", "1"];
  await train(given(...tiny(folder), ...where), never);
  const checkpoint = folder.in("run/ckpt.best.safetensors");
  const before = contents(folder.in("run"));
  const found = await evaluateRun(given("--resume", checkpoint, "--output_dir", folder.in("eval")));
  strictEqual(found.videos, 5);
  strictEqual(found.checkpoint, checkpoint);
  ok(contents(folder.in("run")) === before, "the run's folder changed");
  deepStrictEqual([...Deno.readDirSync(folder.in("eval"))].map(({ name }) => name), ["log.txt"]);
  await timeInference(given("--resume", checkpoint, "--output_dir", folder.in("eval")));
  const log = await Deno.readTextFile(folder.in("eval/log.txt"));
  match(log, /\(metric\) >>> {2}R@1: /);
  match(log, /The total running time of the program is \d+\.\d\d Seconds\n/);
  match(log, /The total model inference time of the program is \d+\.\d\d Seconds\n/);
  strictEqual(log.match(/peak GPU memory \d+\.\d\d GB\n/g)?.length, 2);
});

Deno.test("the speed test encodes every pair, trained or not, and counts the model's time", async () => {
  using folder = new TemporaryFolder();
  const start = performance.now();
  const { pairs, seconds, firstBatchSeconds, checkpoint } = await timeInference(
    given(...tiny(folder), "--do_train", "0"),
  );
  strictEqual(pairs, 5);
  strictEqual(checkpoint, null);
  ok(0 < firstBatchSeconds && firstBatchSeconds < seconds, `${firstBatchSeconds} of ${seconds}`);
  ok(seconds < (performance.now() - start) / 1000);
});

Deno.test("an evaluation whose output folder cannot be made says so", async () => {
  using folder = new TemporaryFolder();
  const where = ["--output_dir", `${folder.excerpt("test.csv", 5)}/eval`];
  await rejects(evaluateRun(given(...tiny(folder), ...where)), /cannot make the run folder/);
});
