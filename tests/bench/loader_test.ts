import { match, ok, strictEqual } from "node:assert/strict";
import { measureLoader } from "./loader.ts";
import type { LoaderRow } from "./loader_rows.ts";

const row = (of: LoaderRow["of"], from: LoaderRow["from"]): LoaderRow => ({
  ...{ kind: "loader", of, from, decoder: "wasm", workers: 2 },
});

Deno.test("the loader is measured over clips that are made for it", async () => {
  const rate = await measureLoader(row("rate", "cache"), 1);
  strictEqual(rate.unit, "clips a second");
  ok(Number.isFinite(rate.value) && rate.value! > 0, `${rate.value}`);
  match(rate.note!, /^[\d.]+ ms a clip$/);
  const read = await measureLoader(row("read", "cache"), 1);
  strictEqual(read.unit, "ms a clip");
  ok(Number.isFinite(read.value) && read.value! > 0, `${read.value}`);
  const wait = await measureLoader(row("wait", "cache"), 1);
  strictEqual(wait.unit, "% of a step");
  ok(wait.value! >= 0 && wait.value! <= 100, `${wait.value}`);
});
