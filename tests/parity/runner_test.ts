import assert from "node:assert/strict";
import type { Device } from "../../mod.ts";
import { UserError } from "../../src/errors.ts";
import { readGolden } from "./golden.ts";
import { type Kinds, notBuilt } from "./kind.ts";
import { parseJson } from "./python_json.ts";
import { lineOf, runArea } from "./runner.ts";

const noDevice = { device: (): Promise<Device> => Promise.reject(new Error("no device here")) };

/** A manifest with one case of each name, of the function of the same name. */
function manifest(names: readonly string[], more: Record<string, unknown> = {}): string {
  const cases = names.map((name) => ({
    name,
    function: name,
    params: {},
    inputs: {},
    outputs: { y: `${name}/y` },
    tolerance: "exact",
  }));
  return JSON.stringify({
    area: "a",
    file: "a.safetensors",
    n_cases: names.length,
    cases,
    ...more,
  });
}

/** Runs a manifest with no tensors; gives the lines. */
async function run(text: string, kinds: Kinds): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/a.json`, text);
    const [area] = await readGolden(folder);
    const lines: string[] = [];
    for await (const outcome of runArea(area, [kinds], noDevice)) lines.push(lineOf(outcome));
    return lines;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a case passes where all its outputs were compared", async () => {
  const kinds: Kinds = {
    kinds: [{
      function: /^f$/,
      run: (golden, checks) => {
        golden.waive("y");
        checks.equal("y", [1], [1]);
      },
    }],
  };
  assert.deepEqual(await run(manifest(["f"]), kinds), ["ok a/f 0 0"]);
});

Deno.test("a case that nobody knows, or that compares nothing or not all, fails", async () => {
  const kinds: Kinds = {
    kinds: [
      { function: /^idle$/, run: (golden) => golden.waive("y") },
      { function: /^partial$/, run: (_, checks) => checks.equal("x", [1], [1]) },
      { function: /^strict$/, when: (params) => params.has("p"), run: () => {} },
      { function: /^later$/, run: notBuilt("this part") },
    ],
  };
  const names = ["unknown", "idle", "partial", "strict", "later"];
  assert.deepEqual(await run(manifest(names), kinds), [
    "FAIL a/unknown no runner knows unknown with these parameters",
    "FAIL a/idle nothing was compared",
    "FAIL a/partial the output y was not compared",
    "FAIL a/strict no runner knows strict with these parameters",
    "FAIL a/later not built yet: this part",
  ]);
});

Deno.test("what a manifest holds beside cases is compared as a table, or fails", async () => {
  const tables: Kinds = {
    tables: [{
      name: "known",
      run: ({ manifest }, checks) => checks.equal("known", manifest.numbers("known"), [1, 2]),
    }],
  };
  const text = manifest([], { known: [1, 2], other: [3], doc: "words" });
  assert.deepEqual(await run(text, tables), [
    "ok a/known 0 0",
    "FAIL a/other no runner knows this table",
  ]);
});

Deno.test("a parameter of the wrong kind fails with its place", async () => {
  const kinds: Kinds = {
    kinds: [{ function: /./, run: ({ params }) => void params.number("k") }],
  };
  const [line] = await run(manifest(["f"]), kinds);
  assert.match(
    line,
    /^FAIL a\/f .*a\.json\.cases\[0\]\.params\.k must be a number, but is missing$/,
  );
});

Deno.test("a manifest that lost cases, no JSON, and an empty folder are told in one line", async () => {
  const lost = manifest(["f"]).replace('"n_cases":1', '"n_cases":2');
  await assert.rejects(run(lost, {}), /n_cases is 2, but there are 1 cases/);
  await assert.rejects(run("{", {}), UserError);
  const folder = await Deno.makeTempDir();
  await assert.rejects(readGolden(folder), /holds no manifest/);
  await assert.rejects(readGolden(`${folder}/none`), /cannot read the golden folder/);
  await Deno.remove(folder);
});

Deno.test("the numbers that Python writes and JSON lacks are read outside of texts", () => {
  const text = '{"a": [NaN, -Infinity, 1], "b": "NaN, \\" Infinity", "c": Infinity}';
  assert.deepEqual(parseJson(text, "a.json"), {
    a: [NaN, -Infinity, 1],
    b: 'NaN, " Infinity',
    c: Infinity,
  });
});
