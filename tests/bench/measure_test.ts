import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { device } from "../device.ts";
import { type Figure, measure, median } from "./measure.ts";
import { type Peer, PEERS } from "./peers.ts";
import { resultsPage, table } from "./report.ts";
import { flopsOf, ROWS } from "./rows.ts";

/** A peer that runs a script. */
const scripted = (name: string, script: string): Peer => ({
  name,
  serves: () => true,
  command: () => [Deno.execPath(), "eval", script],
});
const greet = `console.log('{"ready":"it"}');`;
const answer = `for await (const _ of Deno.stdin.readable) console.log('{"ms":7}');`;

Deno.test("the median of an even number of values lies between the middle two", () => {
  strictEqual(median([9, 1, 5]), 5);
  strictEqual(median([8, 1, 2, 100]), 5);
});

Deno.test("a row is timed beside its peers, and a peer that fails is left out and named", async () => {
  const absences: string[] = [];
  const figure = await measure(device, "kmedoids_16_98_49", {
    repeats: 2,
    peers: [
      scripted("steady", greet + answer),
      scripted("unwilling", `console.log('{"absent":"no adapter\\\\nat all"}');`),
      scripted("broken", `console.error("boom"); Deno.exit(3);`),
      scripted("tiring", greet),
      { ...scripted("missing", ""), command: () => ["no-such-program"] },
      { ...scripted("elsewhere", ""), serves: () => false },
    ],
    onAbsent: (peer, row, reason) => void absences.push(`${row} ${peer}: ${reason}`),
  });
  deepStrictEqual(figure.peers, { steady: 7 });
  ok(figure.ms > 0);
  // The tokens alone take 16 x 98 x 768 x 4 bytes.
  ok(figure.bytes! >= 16 * 98 * 768 * 4, `${figure.bytes} bytes`);
  strictEqual(figure.gflops, undefined);
  strictEqual(absences.length, 4);
  strictEqual(absences[0], "kmedoids_16_98_49 unwilling: no adapter");
  strictEqual(absences[1], "kmedoids_16_98_49 broken: ended with code 3: boom");
  match(absences[2], /missing: .*no-such-program/);
  strictEqual(absences[3], "kmedoids_16_98_49 tiring: ended with code 0");
});

Deno.test("peers serve what they have: products, forward passes, eigenvectors", () => {
  for (const name of ["matmul_1024", "block_forward"]) {
    const absent = PEERS.filter((peer) => !peer.serves(ROWS.get(name)!));
    deepStrictEqual(absent.map(({ name }) => name), ["pytorch cpu svd"]);
  }
  const solvers = PEERS.filter((peer) => peer.serves(ROWS.get("eigen_4_98_49")!));
  deepStrictEqual(solvers.map(({ name }) => name), ["pytorch cpu", "pytorch cpu svd"]);
  ok(PEERS.every((peer) => !peer.serves(ROWS.get("kmedoids_4_588_160")!)));
});

Deno.test("operations are counted from the shapes of the products", () => {
  strictEqual(flopsOf(ROWS.get("matmul_600_768_3072_abt")!), 2 * 600 * 768 * 3072);
  // QKV, output, two layers of the MLP; queries by keys and weights by values, head by head.
  const forward = 2 * 600 * 768 * (3 * 768 + 768 + 2 * 3072) + 2 * 2 * 12 * 12 * 50 * 50 * 64;
  strictEqual(flopsOf(ROWS.get("block_forward")!), forward);
  strictEqual(flopsOf(ROWS.get("block_backward")!), 3 * forward);
});

const FIGURES: Figure[] = [
  {
    name: "matmul_1024",
    ms: 50,
    gflops: 42.95,
    bytes: 12 * 2 ** 20,
    peers: { "tfjs webgpu": 300 },
  },
  { name: "kmedoids_16_98_49", ms: 9.5, bytes: 2 ** 20, peers: {} },
  {
    name: "eigen_4_98_49",
    ms: 8,
    bytes: 2 ** 20,
    accuracy: { residual: 2.34e-7, orthogonality: 1e-6 },
    peers: {},
  },
];

Deno.test("the table has a column for each peer that ran, with its ratio, and accuracies below", () => {
  strictEqual(
    table(FIGURES),
    [
      "row                  ms  GFLOP/s  GPU MiB    tfjs webgpu",
      "matmul_1024        50.0     43.0       12  300.0 (6.00x)",
      "kmedoids_16_98_49  9.50                 1",
      "eigen_4_98_49      8.00                 1",
      "eigen_4_98_49: residual 2.3e-7, orthogonality 1.0e-6",
    ].join("\n"),
  );
});

Deno.test("the results page names device, command, date, load and who was absent", () => {
  const page = resultsPage(FIGURES, {
    device: "dawn: some card",
    machine: "2 cores, 23 GiB",
    load: 0.125,
    command: "deno task bench --write",
    date: "2026-11-22",
    repeats: 5,
    absences: ["pytorch cpu: No module named 'torch'"],
  });
  match(page, /^# Results\n\nWritten by `deno task bench --write`/);
  match(page, /- device: dawn: some card\n- machine: 2 cores, 23 GiB, load before the run 0\.13\n/);
  match(page, /- date: 2026-11-22\n/);
  match(page, /\| matmul_1024 +\| 50\.0 \| +43\.0 \| +12 \| 300\.0 \(6\.00x\) \|\n/);
  match(page, /\n {2}- eigen_4_98_49: residual 2\.3e-7, orthogonality 1\.0e-6\n/);
  match(page, /Not measured:\n\n- pytorch cpu: No module named 'torch'\n/);
});
