import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { UserError } from "../../../src/errors.ts";
import { writeTrace } from "../../../src/train/log/trace.ts";
import { TemporaryFolder } from "../tiny.ts";

Deno.test("a trace names its tracks and counts microseconds from the first span", async () => {
  using folder = new TemporaryFolder();
  const path = folder.in("trace.json");
  const tracks = [
    { name: "none", spans: [] },
    { name: "GPU", spans: [{ name: 'a "b"', begin: 7.25, end: 8.5, args: { flops: 3 } }] },
    { name: "host", spans: [{ name: "c", begin: 7, end: 7.000_5 }] },
  ];
  strictEqual(await writeTrace(path, tracks), 2);
  const { traceEvents } = JSON.parse(await Deno.readTextFile(path));
  const spans = traceEvents.filter(({ ph }: { ph: string }) => ph === "X");
  deepStrictEqual(spans, [
    { ph: "X", name: 'a "b"', pid: 1, tid: 2, ts: 250, dur: 1250, args: { flops: 3 } },
    { ph: "X", name: "c", pid: 1, tid: 3, ts: 0, dur: 0.5 },
  ]);
  const names = traceEvents.filter(({ name }: { name: string }) => name === "thread_name");
  deepStrictEqual(
    names.map((event: Record<string, unknown>) => [event.ph, event.pid, event.tid, event.args]),
    tracks.map(({ name }, i) => ["M", 1, i + 1, { name }]),
  );
});

Deno.test("a trace of any length is whole, and neighbours do not overlap", async () => {
  using folder = new TemporaryFolder();
  const path = folder.in("trace.json");
  // Metadata takes 3 events; pieces are of 1000.
  for (const count of [0, 1, 996, 997, 998, 2500]) {
    const at = (i: number) => 1e5 + i / 3;
    const spans = Array.from({ length: count }, (_, i) => (
      { name: `${i}`, begin: at(i), end: at(i + 1) }
    ));
    strictEqual(await writeTrace(path, [{ name: "GPU", spans }]), count);
    const { traceEvents } = JSON.parse(await Deno.readTextFile(path));
    strictEqual(traceEvents.length, count + 3);
    let end = 0;
    for (const { name, ts, dur } of traceEvents.slice(3)) {
      strictEqual(Math.round(ts * 1000), end, name);
      end = Math.round(ts * 1000) + Math.round(dur * 1000);
    }
  }
});

Deno.test("a trace that fails to be written leaves the old one, and nothing else", async () => {
  using folder = new TemporaryFolder();
  const path = folder.in("trace.json");
  await writeTrace(path, []);
  const old = await Deno.readTextFile(path);
  const spans = Array.from({ length: 1500 }, (_, i) => ({ name: `${i}`, begin: i, end: i + 1 }));
  Object.defineProperty(spans[1400], "name", {
    get: () => {
      throw new Error("torn");
    },
  });
  await rejects(writeTrace(path, [{ name: "GPU", spans }]), /torn/);
  strictEqual(await Deno.readTextFile(path), old);
  deepStrictEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["trace.json"]);
  await rejects(writeTrace(folder.in("none/trace.json"), []), (error) => {
    ok(error instanceof UserError);
    return true;
  });
});
