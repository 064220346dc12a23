/**
 * Runs golden cases: what this project computes against what the original computed.
 *
 *     deno task conformance [FOLDER]
 *     deno task conformance --only cluster/planted
 *
 * One line a case, `ok AREA/NAME error tolerance` (of the value that came nearest to its tolerance) or
 * `FAIL AREA/NAME why`, and at the end `N passed, N failed, N skipped`. Nothing is ever skipped.
 *
 * @module
 */
import { type Device, openDevice, summary } from "../mod.ts";
import { runFlags } from "../src/train/config/flags/run.ts";
import { writeLine } from "../src/train/log/terminal.ts";
import { readGolden } from "../tests/parity/golden.ts";
import { KINDS } from "../tests/parity/kinds/mod.ts";
import { lineOf, runArea } from "../tests/parity/runner.ts";
import { runTask } from "./_cli.ts";

const ROOT = new URL("../", import.meta.url);
const FOLDERS = ["../shared/golden", "fixtures/golden"];

/** The first of the usual folders that is there. */
async function defaultFolder(): Promise<string> {
  for (const folder of FOLDERS) {
    const url = new URL(folder, ROOT);
    if (await Deno.stat(url).catch(() => undefined)) return url.pathname;
  }
  return FOLDERS.at(-1)!;
}

await runTask({
  command: "deno task conformance",
  purpose: "Run golden cases: what this project computes against what the original computed.",
  operands: ["[FOLDER]"],
  flags: {
    provider: runFlags.provider,
    only: {
      kind: "text",
      default: null,
      meaning: "run the cases whose AREA/NAME begins with this text",
    },
  },
}, async ({ operands: [given], values: { only, provider } }) => {
  const folder = given ?? await defaultFolder();
  const areas = await readGolden(folder);
  let opened: Promise<Device> | undefined;
  const device = () => opened ??= openDevice({ provider: provider as "auto" | "dawn" | "deno" });
  const wanted = (label: string) => only === null || label.startsWith(only);
  let passed = 0, failed = 0;
  for (const area of areas) {
    for await (const outcome of runArea(area, KINDS, { device }, wanted)) {
      console.log(lineOf(outcome));
      if (outcome.failure === undefined) passed++;
      else failed++;
    }
  }
  if (opened) writeLine(summary((await opened).info));
  console.log(`${passed} passed, ${failed} failed, 0 skipped`);
  return failed > 0 ? 1 : 0;
});
