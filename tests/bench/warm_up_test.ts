import { strictEqual } from "node:assert/strict";
import { warmUp } from "./warm_up.ts";

Deno.test("two runs warm up, and one that takes long is enough", async () => {
  for (const [ms, expected] of [[50, 2], [60_000, 1]]) {
    let runs = 0;
    await warmUp(() => Promise.resolve((runs++, ms)));
    strictEqual(runs, expected);
  }
});
