import assert from "node:assert/strict";
import { LoaderRun } from "../../src/data/loader_run.ts";
import { folder } from "./toy.ts";

Deno.test("what is under way when a run is closed does not look for videos any more", async () => {
  const run = await LoaderRun.open({ folder }, { prefer: "wasm" });
  assert.ok(await run.identify("h264.mp4", {}));
  const pending = run.identify("h264.mp4", {});
  await Promise.all([assert.rejects(pending, /was closed/), run[Symbol.asyncDispose]()]);
  await assert.rejects(run.decode("h264.mp4", { choose: { rule: "all" } }), /was closed/);
});
