/**
 * Times kernels and blocks, beside what others need for the same.
 *
 *     deno task bench                      every row, with its peers
 *     deno task bench --only NAME          one row, without peers
 *     deno task bench --json               an array of figures on standard output
 *     deno task bench --write              every row, into tests/bench/RESULTS.md
 *
 * @module
 */
import { UsageError } from "../src/errors.ts";
import { openDevice, summary } from "../src/gpu/open.ts";
import { runFlags } from "../src/train/config/flags/run.ts";
import { writeLine } from "../src/train/log/terminal.ts";
import { type Figure, measure } from "../tests/bench/measure.ts";
import { PEERS } from "../tests/bench/peers.ts";
import { resultsPage, table } from "../tests/bench/report.ts";
import { ROWS } from "../tests/bench/rows.ts";
import { runTask } from "./_cli.ts";

const RESULTS = new URL("../tests/bench/RESULTS.md", import.meta.url);

const flags = {
  only: { kind: "text", default: null, meaning: "time this row alone, without peers" },
  repeats: {
    kind: "int",
    default: 5,
    min: 1,
    meaning: "timed runs of each row, after two to warm up",
  },
  provider: runFlags.provider,
  json: { kind: "flag", default: false, meaning: "print an array of figures instead of a table" },
  write: { kind: "flag", default: false, meaning: "also write tests/bench/RESULTS.md" },
} as const;

await runTask({
  command: "deno task bench",
  purpose: `Times kernels and blocks against their peers. Rows: ${[...ROWS.keys()].join(", ")}.`,
  flags,
}, async ({ values: { only, repeats, provider, json, write } }) => {
  if (only !== null && !ROWS.has(only)) {
    throw new UsageError(`--only: no row "${only}"; rows: ${[...ROWS.keys()].join(", ")}`);
  }
  if (only !== null && write) throw new UsageError("--write takes every row; leave --only out");
  const [load] = Deno.loadavg();
  using device = await openDevice({ provider });
  writeLine(summary(device.info));

  const figures: Figure[] = [], absences = new Set<string>();
  for (const name of only === null ? ROWS.keys() : [only]) {
    const figure = await measure(device, name, {
      repeats,
      peers: only === null ? PEERS : [],
      onAbsent(peer, row, reason) {
        writeLine(`${row}: ${peer} is absent: ${reason}`);
        absences.add(`${peer}: ${reason}`);
      },
    });
    figures.push(figure);
    if (only === null) writeLine(`${name}: ${figure.ms.toFixed(1)} ms`);
  }
  console.log(json ? JSON.stringify(figures) : table(figures));
  if (!write) return;
  const memory = Deno.systemMemoryInfo().total / 2 ** 30;
  const page = resultsPage(figures, {
    device: summary(device.info),
    machine: `${navigator.hardwareConcurrency} cores, ${memory.toFixed(0)} GiB`,
    load,
    command: repeats === flags.repeats.default
      ? "deno task bench --write"
      : `deno task bench --write --repeats ${repeats}`,
    date: new Date().toISOString().slice(0, 10),
    repeats,
    absences: [...absences],
  });
  await Deno.writeTextFile(RESULTS, page);
  // Lines break where the names of devices and reasons make them too long; the gate looks at them.
  await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", decodeURIComponent(RESULTS.pathname)],
  }).output();
});
