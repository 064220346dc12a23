import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { type Figure, gainOf, type Results, type TowerFigure } from "./figures.ts";
import { report, resultsPage } from "./report.ts";
import { FOLDER, formatted, readResults, writeResults } from "./results.ts";

const TIMED: Figure[] = [
  {
    kind: "timed",
    name: "matmul_1024",
    ms: 50,
    gflops: 42.95,
    bytes: 12 * 2 ** 20,
    peers: { "tfjs webgpu": 300 },
  },
  {
    kind: "timed",
    name: "kmedoids_16_98_49",
    ms: 20,
    bytes: 2 ** 20,
    original: { ms: 388, slowdown: 0.5 },
    peers: {},
  },
  {
    kind: "timed",
    name: "eigen_4_98_49",
    ms: 8,
    bytes: 2 ** 20,
    accuracy: { residual: 2.34e-7, orthogonality: 1e-6 },
    peers: {},
  },
];

const TOWER: TowerFigure = {
  kind: "tower",
  name: "centerclip_b32_12_4_49_training",
  videos: 8,
  atOnce: 2,
  resident: 2 ** 30,
  baseline: { ms: 1000, bytes: 3 * 2 ** 30, flops: 100 },
  clustered: {
    "k-medoids": { ms: 700, bytes: 2.5 * 2 ** 30, flops: 60, layerMs: 14 },
    spectral: { ms: 900, bytes: 3 * 2 ** 30, flops: 60, layerMs: 180 },
  },
};

const OVERHEADS: Figure[] = [
  { kind: "overhead", name: "overhead_submits", value: 9, unit: "a step" },
  {
    kind: "overhead",
    name: "overhead_start",
    value: 2.345,
    unit: "s",
    note: "3.0 s with the step",
  },
  { kind: "overhead", name: "overhead_coverage", unit: "% of a step", note: "no timestamps" },
];

const RESULTS: Results = {
  device: "dawn: some card",
  machine: "2 cores, 23 GiB",
  load: 0.125,
  command: "deno task bench --write",
  date: "2026-11-22",
  repeats: 5,
  absences: ["pytorch cpu: No module named 'torch'"],
  figures: TIMED,
};

Deno.test("a table has a column for each peer that ran, with its ratio, and accuracies below", () => {
  strictEqual(
    report(TIMED),
    [
      "row                  ms  GFLOP/s  GPU MiB    tfjs webgpu  original (scaled)",
      "matmul_1024        50.0     43.0       12  300.0 (6.00x)",
      "kmedoids_16_98_49  20.0                 1                     194.0 (9.70x)",
      "eigen_4_98_49      8.00                 1",
      "eigen_4_98_49: residual 2.3e-7, orthogonality 1.0e-6",
    ].join("\n"),
  );
});

Deno.test("the original's time says where it could not be scaled", () => {
  const [, figure] = TIMED;
  match(report([{ ...figure, original: { ms: 388 } } as Figure]), /388\.0 \(19\.40x\) unscaled$/);
});

Deno.test("what clustering gains is measured against the same tower without it", () => {
  const gain = gainOf(TOWER, "k-medoids");
  const rounded = Object.entries(gain).map(([name, value]) => [name, Number(value.toFixed(6))]);
  deepStrictEqual(Object.fromEntries(rounded), {
    time: 0.3,
    flops: 0.4,
    merit: 0.75,
    memory: 0.166667,
    activations: 0.25,
    layer: 0.02,
  });
});

Deno.test("a tower has a line for each algorithm, and names its batch", () => {
  const [, medoids, spectral] = report([TOWER]).split("\n");
  match(
    medoids,
    /training +k-medoids +8 by 2 +700\.0 +1000\.0 +30\.0% +40\.0% +0\.75 +2\.0% +2560 /,
  );
  match(spectral, / spectral +8 by 2 +900\.0 +1000\.0 +10\.0% +40\.0% +0\.25 +20\.0% /);
});

Deno.test("an overhead that the device cannot tell of stays empty", () => {
  deepStrictEqual(report(OVERHEADS).split("\n").slice(1).map((line) => line.split(/ {2,}/)), [
    ["overhead_submits", "9", "a step"],
    ["overhead_start", "2.3", "s", "3.0 s with the step"],
    ["overhead_coverage", "% of a step", "no timestamps"],
  ]);
});

Deno.test("the results page names device, command, date, load and who was absent, by group", () => {
  const later = { ...RESULTS, date: "2026-12-01", absences: [], figures: OVERHEADS };
  const page = resultsPage({ products: RESULTS, overheads: later });
  match(page, /^# Results\n\nWritten by `deno task bench`/);
  match(page, /## Products\n\n- `deno task bench --write`, 2026-11-22; medians of 5\n/);
  match(page, /- device: dawn: some card\n- machine: 2 cores, 23 GiB, load before the run 0\.13\n/);
  match(page, /\| matmul_1024 +\| 50\.0 \| +43\.0 \| +12 \| 300\.0 \(6\.00x\) \| +\|\n/);
  match(page, /Not measured:\n\n- pytorch cpu: No module named 'torch'\n\n- `matmul_M_K_N`/);
  match(page, /\n- eigen_4_98_49: residual 2\.3e-7, orthogonality 1\.0e-6\n/);
  match(page, /## Overheads\n\n- `deno task bench --write`, 2026-12-01;/);
  ok(!page.includes("## Blocks"));
});

Deno.test("a group is written without a change to the others", async () => {
  const folder = await Deno.makeTempDir({ prefix: "centerclip-" });
  try {
    const place = new URL(`file://${folder}/`);
    await writeResults("products", RESULTS, place);
    await writeResults("overheads", { ...RESULTS, date: "2026-12-01", figures: OVERHEADS }, place);
    const { products, overheads, blocks } = await readResults(place);
    deepStrictEqual([products, overheads?.date, blocks], [RESULTS, "2026-12-01", undefined]);
    const page = await Deno.readTextFile(new URL("RESULTS.md", place));
    match(page, /2026-11-22[^]*2026-12-01/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("RESULTS.md is what the stored figures give", async () => {
  const page = await Deno.readTextFile(new URL("RESULTS.md", FOLDER));
  strictEqual(page, await formatted(resultsPage(await readResults())));
});
