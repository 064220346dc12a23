import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { device } from "../device.ts";
import { median, type TimedFigure } from "./figures.ts";
import { ROWS } from "./groups.ts";
import { measure } from "./measure.ts";
import { type Peer, PEERS, YARDSTICK } from "./peers.ts";
import { flopsOf, type TimedRow } from "./rows.ts";

const timed = (name: string) => ROWS.get(name) as TimedRow;

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
      scripted(YARDSTICK.name, greet + answer),
    ],
    onAbsent: (peer, row, reason) => void absences.push(`${row} ${peer}: ${reason}`),
  }) as TimedFigure;
  deepStrictEqual(figure.peers, { steady: 7 });
  ok(figure.ms > 0);
  // The tokens alone take 16 x 98 x 768 x 4 bytes.
  ok(figure.bytes! >= 16 * 98 * 768 * 4, `${figure.bytes} bytes`);
  strictEqual(figure.gflops, undefined);
  // 2 * 1024³ operations at 180 GFLOP/s take 11.93 ms.
  strictEqual(figure.original?.ms, 388);
  strictEqual(figure.original?.slowdown?.toFixed(4), (7 / 11.930465).toFixed(4));
  strictEqual(absences.length, 4);
  strictEqual(absences[0], "kmedoids_16_98_49 unwilling: no adapter");
  strictEqual(absences[1], "kmedoids_16_98_49 broken: ended with code 3: boom");
  match(absences[2], /missing: .*no-such-program/);
  strictEqual(absences[3], "kmedoids_16_98_49 tiring: ended with code 0");
});

Deno.test("peers serve what they have, and the yardstick stands beside what the original was timed at", () => {
  const serving = (name: string) =>
    [...PEERS, YARDSTICK].filter((peer) => peer.serves(timed(name))).map(({ name }) => name);
  for (const name of ["matmul_1024", "block_forward"]) {
    deepStrictEqual(serving(name), PEERS.map(({ name }) => name).slice(0, -1));
  }
  deepStrictEqual(serving("eigen_4_98_49"), ["pytorch cpu", "pytorch cpu svd"]);
  deepStrictEqual(serving("step_b32"), ["jax-js webgpu", "jax-js wasm", "pytorch cpu"]);
  deepStrictEqual(serving("embed_b16_12_4_160"), ["pytorch cpu"]);
  deepStrictEqual(serving("kmedoids_4_588_160"), ["pytorch cpu", YARDSTICK.name]);
  deepStrictEqual(serving("spectral_4_588_160"), [YARDSTICK.name]);
  strictEqual(YARDSTICK.command("kmedoids_4_588_160", "dawn").at(-1), "matmul_1024");
});

Deno.test("operations are counted from the shapes of the products", () => {
  strictEqual(flopsOf(timed("matmul_600_768_3072_abt")), 2 * 600 * 768 * 3072);
  // QKV, output, two layers of the MLP; queries by keys and weights by values, head by head.
  const forward = 2 * 600 * 768 * (3 * 768 + 768 + 2 * 3072) + 2 * 2 * 12 * 12 * 50 * 50 * 64;
  strictEqual(flopsOf(timed("block_forward")), forward);
  strictEqual(flopsOf(timed("block_backward")), 3 * forward);
});
