import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { helpText } from "../../src/train/config/help.ts";
import { flags } from "../../src/train/config/settings.ts";
import { evaluateRun } from "../../src/train/evaluate_run.ts";
import { train } from "../../src/train/loop.ts";
import { given, interrupted, TemporaryFolder, tiny } from "./tiny.ts";

const never = new AbortController().signal;

interface Event {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args?: Record<string, unknown>;
}

/** The spans of a trace, by track. Checks its form, and that a track's spans follow each other. */
async function read(path: string): Promise<Map<string, Event[]>> {
  const { traceEvents } = JSON.parse(await Deno.readTextFile(path)) as { traceEvents: Event[] };
  const tracks = new Map(
    traceEvents.filter(({ name }) => name === "thread_name")
      .map(({ tid, args }) => [tid, { name: args!.name as string, spans: [] as Event[] }]),
  );
  for (const event of traceEvents.filter(({ ph }) => ph === "X")) {
    const { tid, ts, dur, name } = event, { spans } = tracks.get(tid)!, last = spans.at(-1);
    ok(ts >= 0 && dur >= 0 && name.length > 0, JSON.stringify(event));
    ok(!last || ts >= last.ts + last.dur - 1e-3, `${name} overlaps ${last?.name}`);
    spans.push(event);
  }
  return new Map([...tracks.values()].map(({ name, spans }) => [name, spans]));
}

/** The figures of the table's lines. */
function table(log: string): { name: string; ms: number; calls: number }[] {
  return [...log.matchAll(/ % in (\S+): (\d+) ms, (\d+) calls, .* % of the roofline\n/g)]
    .map(([, name, ms, calls]) => ({ name, ms: Number(ms), calls: Number(calls) }));
}

Deno.test("a profiled run leaves a trace whose sums are those of the table in the log", async () => {
  using folder = new TemporaryFolder();
  const path = folder.in("run");
  const flags = [...tiny(folder), "--output_dir", path, "--max_steps", "2", "--profile"];
  await train(given(...flags), never);
  const tracks = await read(`${path}/trace.json`);
  const names = ["GPU: kernels", "host: recording", "host: submits", "host: waits"];
  deepStrictEqual([...tracks.keys()].slice(0, 4), names);
  const log = await Deno.readTextFile(`${path}/log.txt`);
  const rows = table(log), kernels = tracks.get("GPU: kernels")!;
  strictEqual(rows.length, 10);
  for (const { name, ms, calls } of rows) {
    const own = kernels.filter((event) => event.name === name);
    strictEqual(own.length, calls, name);
    const sum = own.reduce((sum, { dur }) => sum + dur / 1000, 0);
    ok(Math.abs(sum - ms) < 0.51, `${name}: ${sum}, not ${ms}`);
  }
  match(log, /roofline, measured: [\d.]+ GFLOP\/s of multiply-adds, [\d.]+ GB\/s of copying\n/);
  match(log, /run\/trace\.json, \d+ spans, clocks of GPU and host aligned to \d\.\d{3} ms\n/);
  const waits = tracks.get("host: waits")!.map(({ name }) => name);
  ok(waits.includes("wait for the GPU") && waits.includes("wait for batch 0"), `${waits}`);
  const decoded = [...tracks].filter(([name]) => name.startsWith("decode: worker "))
    .flatMap(([, spans]) => spans);
  ok(decoded.length >= 8, `${decoded.length} clips`); // two steps of four
  ok(decoded.every(({ name, args }) => /^\w+\.mp4$/.test(name) && Number(args!.frames) >= 4));
  strictEqual(tracks.get("host: recording")!.length >= tracks.get("host: submits")!.length, true);

  const checkpoint = `${path}/ckpt.safetensors`,
    before = await Deno.readTextFile(`${path}/trace.json`);
  await evaluateRun(given("--resume", checkpoint, "--profile"));
  ok((await read(`${path}/trace.eval.json`)).get("GPU: kernels")!.length > 0);
  strictEqual(await Deno.readTextFile(`${path}/trace.json`), before, "the run's own trace stays");
  const other = folder.in("eval");
  await evaluateRun(given("--resume", checkpoint, "--profile", "--output_dir", other));
  deepStrictEqual([...Deno.readDirSync(other)].map(({ name }) => name).sort(), [
    "log.txt",
    "trace.eval.json",
  ]);
  strictEqual(table(await Deno.readTextFile(`${other}/log.txt`)).length, 10);
});

Deno.test("an interrupted run leaves a whole trace", async () => {
  using folder = new TemporaryFolder();
  const path = folder.in("run");
  await interrupted(folder, path, "--profile");
  ok((await read(`${path}/trace.json`)).get("GPU: kernels")!.length > 0);
  match(await Deno.readTextFile(`${path}/log.txt`), /interrupted after[^]*trace: /);
});

Deno.test("a run without --profile leaves no trace, and the help says where one goes", async () => {
  using folder = new TemporaryFolder();
  const path = folder.in("run");
  await train(given(...tiny(folder), "--output_dir", path, "--max_steps", "1"), never);
  ok([...Deno.readDirSync(path)].every(({ name }) => !name.startsWith("trace")));
  strictEqual(table(await Deno.readTextFile(`${path}/log.txt`)).length, 0);
  const help = helpText({ command: "deno task train", purpose: "", groups: { Flags: flags } })
    .replaceAll(/\s+/g, " ");
  match(help, /--profile .*ten costliest.*trace\.json in the run folder.*trace\.eval\.json/);
});
