/**
 * Says what this machine offers, and runs a self-test.
 *
 *     deno task doctor [--json] [--provider deno]
 *
 * @module
 */
import { openDevice } from "../src/gpu/open.ts";
import { runFlags } from "../src/train/config/flags/run.ts";
import { writeLine } from "../src/train/log/terminal.ts";
import { runTask } from "./_cli.ts";
import { describeDevice, type Report, reportText } from "./_doctor/report.ts";
import { passed, selfTest } from "./_doctor/self_test.ts";
import { findFfmpeg, findLiblmdb, findLmdb } from "./_doctor/tools.ts";

const flags = {
  provider: runFlags.provider,
  json: { kind: "flag", default: false, meaning: "print one JSON object instead of text" },
} as const;

await runTask({
  command: "deno task doctor",
  purpose: "Says what this machine offers: provider, adapter, limits, memory, ffmpeg, LMDB; " +
    "then checks and times three kernels. Exit code 3 where no GPU is usable, 1 where the test fails.",
  flags,
}, async ({ values: { provider, json } }) => {
  const start = performance.now();
  using device = await openDevice({ provider });
  const openMs = performance.now() - start;
  const report: Report = {
    ...describeDevice(device),
    openMs,
    ffmpeg: await findFfmpeg(),
    lmdb: await findLmdb(),
    liblmdb: await findLiblmdb(),
    selfTest: await selfTest(device),
  };
  console.log(json ? JSON.stringify(report) : reportText(report));
  const failed = report.selfTest.filter((check) => !passed(check)).map(({ name }) => name);
  if (failed.length === 0) return 0;
  writeLine(`error: the self-test failed in ${failed.join(", ")}; update the GPU's driver`);
  return 1;
});
