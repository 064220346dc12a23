import assert from "node:assert/strict";
import { UserError } from "../../../src/errors.ts";
import { MetricsFile, type MetricsRecord } from "../../../src/train/log/metrics_file.ts";

async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(`${folder}/metrics.jsonl`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function append(path: string, records: MetricsRecord[], resumedStep?: number): Promise<void> {
  using file = await MetricsFile.open(path, resumedStep);
  for (const record of records) file.append(record);
}

async function lines(path: string): Promise<MetricsRecord[]> {
  const text = await Deno.readTextFile(path);
  assert.ok(text === "" || text.endsWith("\n"));
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

const trained = (step: number) => ({ step, epoch: 0, loss: 1 / step });
const evaluated = (step: number) => ({ epoch: 0, step, t2v: { R1: step } });

Deno.test("records are one object a line, and a number that is not finite is null", async () => {
  await inFolder(async (path) => {
    await append(path, [trained(1), { step: 2, loss: NaN, grad_norm: Infinity }]);
    assert.deepEqual(await lines(path), [trained(1), { step: 2, loss: null, grad_norm: null }]);
  });
});

Deno.test("a new run empties the file", async () => {
  await inFolder(async (path) => {
    await append(path, [trained(1)]);
    await append(path, [trained(9)]);
    assert.deepEqual(await lines(path), [trained(9)]);
  });
});

Deno.test("a resumed run drops later records and a torn last line, so none is doubled", async () => {
  await inFolder(async (path) => {
    await append(path, [trained(1), trained(2), evaluated(2), trained(3), evaluated(3)]);
    await Deno.writeTextFile(path, '{"step":4,"lo', { append: true });
    await append(path, [trained(3), evaluated(3), trained(4)], 2);
    assert.deepEqual(
      await lines(path),
      [trained(1), trained(2), evaluated(2), trained(3), evaluated(3), trained(4)],
    );
  });
});

Deno.test("an evaluation made again at the resumed step is written once", async () => {
  await inFolder(async (path) => {
    await append(path, [trained(2), evaluated(2)]);
    await append(path, [evaluated(2), trained(3), evaluated(3)], 2);
    assert.deepEqual(await lines(path), [trained(2), evaluated(2), trained(3), evaluated(3)]);

    await append(path, [evaluated(1)], 1);
    assert.deepEqual(await lines(path), [evaluated(1)], "not there before, so written");
  });
});

Deno.test("lines that are no records are dropped on resume", async () => {
  await inFolder(async (path) => {
    await Deno.writeTextFile(path, 'null\n{"epoch":1}\n\n{"step":"2"}\n{"step":1}\n');
    await append(path, [], 5);
    assert.deepEqual(await lines(path), [{ step: 1 }]);
  });
});

Deno.test("a resumed run without a file starts one", async () => {
  await inFolder(async (path) => {
    await append(path, [trained(6)], 5);
    assert.deepEqual(await lines(path), [trained(6)]);
  });
});

Deno.test("a folder that does not exist is one line for the user", async () => {
  await assert.rejects(
    MetricsFile.open("no/such/folder/metrics.jsonl"),
    (error: unknown) => error instanceof UserError && /no\/such\/folder/.test(error.message),
  );
});
