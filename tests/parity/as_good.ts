/**
 * What a clustering must be worth whose start the original leaves to rounding.
 *
 * @module
 */
import { type Device, kMedoids, type SpectralOptions, tensor } from "../../mod.ts";
import { kMedoidsOracle, rowsOf } from "../cluster/oracle.ts";
import type { Checks } from "./checks.ts";
import { type Choice, type Measure, objective, readChoice } from "./objective.ts";
import { EXACT } from "./tolerance.ts";
import { type Floats, upload } from "./values.ts";

/** The length of a row of length 1 in f32 is uncertain by so much. */
const ROUNDING = 2 ** -23;

/**
 * Demands an objective at most 1 % above the original's. Rows divided by their norm plus 1e-6 leave the first
 * medoid of the original to rounding; where that of the longest row does not lead there, k-medoids of the
 * original's own rows must, or one of the rows that are as long in f32.
 */
export async function asGood(
  checks: Checks,
  device: Device,
  embedding: Floats,
  found: Choice,
  expected: Choice,
  options: SpectralOptions,
  q?: Floats,
): Promise<void> {
  const { distance = "euclidean", p = 2 } = options, measure = { distance, p, preNorm: true };
  const theirs = objective(embedding, expected, measure);
  const ours = objective(embedding, found, measure);
  const { shape, data } = embedding, [segments, n, k] = shape;
  for (let s = 0; s < segments; s++) {
    const allowed = 0.01 * theirs[s];
    if (ours[s] - theirs[s] > allowed) {
      const segment = ({ data }: Floats): Floats => ({
        shape: [1, n, k],
        data: data.slice(s * n * k, (s + 1) * n * k),
      });
      const one = segment({ shape, data });
      const others = await fromOtherStarts(device, one, options, measure);
      if (q) others.push(...await fromRows(device, segment(q), one, options, measure));
      ours[s] = Math.min(...others);
    }
    const excess = Math.max(0, ours[s] - theirs[s]);
    checks.close(`excess of the objective[${s}]`, [excess], [0], { ...EXACT, atol: allowed });
  }
}

/** The objective that the original's rows lead to. */
async function fromRows(
  device: Device,
  q: Floats,
  embedding: Floats,
  options: SpectralOptions,
  measure: Measure,
): Promise<number[]> {
  using tokens = upload(device, q);
  return objective(embedding, await readChoice(kMedoids(tokens, options)), measure);
}

/** The objectives that KKZ leads to from each token that may be the longest. */
async function fromOtherStarts(
  device: Device,
  embedding: Floats,
  options: SpectralOptions,
  measure: Measure,
): Promise<number[]> {
  const { shape: [, n, k], data } = embedding, rows = rowsOf(data, k);
  const lengths = rows.map((row) => 1 - 1e-6 / Math.hypot(...row));
  const longest = Math.max(...lengths);
  const firsts = [...rows.keys()].filter((i) => lengths[i] >= longest - ROUNDING);
  const start = { ...measure, k, iterationLimit: 0, sortIds: false };
  const starts = firsts.map((i) => kMedoidsOracle(rows, { ...start, init: [i] }).medoids);
  using tokens = tensor(device, data, [1, n, k]);
  const objectives: number[] = [];
  for (const ids of starts) {
    using init = tensor(device, Int32Array.from(ids), [1, k]);
    const found = await readChoice(kMedoids(tokens, { ...options, init, preNorm: true }));
    objectives.push(...objective(embedding, found, measure));
  }
  return objectives;
}
