import assert from "node:assert/strict";
import { device } from "../device.ts";
import { readGolden } from "./golden.ts";
import { KINDS } from "./kinds/mod.ts";
import { lineOf, runArea } from "./runner.ts";

/** What cases of the excerpt need and nobody has built; whoever builds it takes it off. */
const MISSING: Readonly<Record<string, readonly string[]>> = {
  ddp: ["training in several processes"],
};

const folder = new URL("../../fixtures/golden", import.meta.url).pathname;

for (const area of await readGolden(folder)) {
  const { [area.name]: expected = [] } = MISSING;
  const but = expected.length > 0 ? `, but for ${expected.join(" and ")}` : "";
  Deno.test(`golden cases of ${area.name} give what the original gave${but}`, async () => {
    const missing = new Set<string>();
    let count = 0;
    for await (const outcome of runArea(area, KINDS, { device: () => Promise.resolve(device) })) {
      count++;
      if (outcome.missing !== undefined) missing.add(outcome.missing);
      else assert.equal(outcome.failure, undefined, lineOf(outcome));
    }
    assert.ok(count > 0);
    assert.deepEqual([...missing].sort(), expected);
  });
}
