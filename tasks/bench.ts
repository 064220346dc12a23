/**
 * Times kernels, blocks, towers and steps, beside what others need for the same.
 *
 *     deno task bench                      every row, with its peers
 *     deno task bench --group NAME         the rows of one group, with their peers
 *     deno task bench --only NAME          one row, without peers
 *     deno task bench --json               an array of figures on standard output
 *     deno task bench --write              also into tests/bench/results/ and RESULTS.md, group by group
 *     deno task bench --render             RESULTS.md anew from tests/bench/results/, nothing measured
 *
 * @module
 */
import { UsageError } from "../src/errors.ts";
import type { Device } from "../src/gpu/device.ts";
import { openDevice, summary } from "../src/gpu/open.ts";
import { runFlags } from "../src/train/config/flags/run.ts";
import { writeLine } from "../src/train/log/terminal.ts";
import type { Figure, Results } from "../tests/bench/figures.ts";
import { GROUP_NAMES, type GroupName, GROUPS, ROWS } from "../tests/bench/groups.ts";
import { measure } from "../tests/bench/measure.ts";
import { PEERS, YARDSTICK } from "../tests/bench/peers.ts";
import { report } from "../tests/bench/report.ts";
import { writePage, writeResults } from "../tests/bench/results.ts";
import { runTask } from "./_cli.ts";

const flags = {
  group: {
    kind: "choice",
    default: null,
    choices: GROUP_NAMES,
    meaning: "time the rows of this group",
  },
  only: { kind: "text", default: null, meaning: "time this row alone, without peers" },
  repeats: { kind: "int", default: 5, min: 1, meaning: "timed runs of each row, after warming up" },
  batch: {
    kind: "int",
    default: null,
    min: 1,
    meaning:
      "videos of a batch in the rows centerclip_*, in place of 8 (ViT-B/32) and 2 (ViT-B/16)",
  },
  provider: runFlags.provider,
  json: { kind: "flag", default: false, meaning: "print an array of figures instead of tables" },
  write: {
    kind: "flag",
    default: false,
    meaning: "also write each group to tests/bench/results/ and RESULTS.md",
  },
  render: {
    kind: "flag",
    default: false,
    meaning: "write RESULTS.md from tests/bench/results/ and measure nothing",
  },
} as const;

await runTask({
  command: "deno task bench",
  purpose: "Times kernels, blocks, towers and steps against their peers. Rows: " +
    `${[...ROWS.keys()].join(", ")}.`,
  flags,
}, async ({ given, values: { group, only, provider, json, write, render } }) => {
  if (only !== null && !ROWS.has(only)) {
    throw new UsageError(`--only: no row "${only}"; rows: ${[...ROWS.keys()].join(", ")}`);
  }
  if (only !== null && group !== null) throw new UsageError("--only and --group: take one of them");
  if (only !== null && write) throw new UsageError("--write takes whole groups; leave --only out");
  if (render) return await writePage();
  using device = await openDevice({ provider });
  writeLine(summary(device.info));

  if (only !== null) {
    const { figures } = await measureRows(device, [only], given, false);
    return console.log(json ? JSON.stringify(figures) : report(figures));
  }
  const all: Figure[] = [];
  for (const name of group === null ? GROUP_NAMES : [group]) {
    const results = await measureRows(device, GROUPS[name as GroupName].keys(), {
      ...given,
      group: name,
    }, true);
    all.push(...results.figures);
    if (write) await writeResults(name as GroupName, results);
    if (!json) console.log(report(results.figures));
  }
  if (json) console.log(JSON.stringify(all));
});

/** Measures rows one after the other. */
async function measureRows(
  device: Device,
  rows: Iterable<string>,
  { group, repeats = flags.repeats.default, batch }: {
    readonly group?: string | null;
    readonly repeats?: number;
    readonly batch?: number | null;
  },
  withPeers: boolean,
): Promise<Results> {
  const [load] = Deno.loadavg(), figures: Figure[] = [], absences = new Set<string>();
  for (const name of rows) {
    figures.push(
      await measure(device, name, {
        repeats,
        batch: batch ?? undefined,
        peers: withPeers ? [...PEERS, YARDSTICK] : [],
        onAbsent(peer, row, reason) {
          writeLine(`${row}: ${peer} is absent: ${reason}`);
          absences.add(`${peer}: ${reason}`);
        },
      }),
    );
    if (withPeers) writeLine(`${name}: measured`);
  }
  const memory = Deno.systemMemoryInfo().total / 2 ** 30;
  return {
    device: summary(device.info),
    machine: `${navigator.hardwareConcurrency} cores, ${memory.toFixed(0)} GiB`,
    load,
    command: "deno task bench --write" + (group ? ` --group ${group}` : "") +
      (repeats === flags.repeats.default ? "" : ` --repeats ${repeats}`) +
      (batch ? ` --batch ${batch}` : ""),
    date: new Date().toISOString().slice(0, 10),
    repeats,
    absences: [...absences],
    figures,
  };
}
