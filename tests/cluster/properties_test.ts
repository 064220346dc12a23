/** What holds for every algorithm that clusters segments, whatever the tokens. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { kMeans } from "../../src/cluster/k_means.ts";
import { type Clusters, kMedoids } from "../../src/cluster/k_medoids.ts";
import { spectralClusters } from "../../src/cluster/spectral.ts";
import { Random } from "../../src/tensor/random.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { normals } from "../oracle/check.ts";
import { type Found, integers, isClustering, readClusters } from "./clustering.ts";
import { costOracle, distanceOracle, kMeansCost, rowsOf } from "./oracle.ts";

type Data = Float32Array<ArrayBuffer>;

interface Options {
  readonly k: number;
  readonly iterationLimit?: number;
}

/** An algorithm, what its tokens look like to it, and the cost that it lowers. */
interface Algorithm {
  readonly run: (tokens: Tensor, options: Options) => Clusters & { embedding?: Tensor };
  readonly cost: (tokens: number[][], found: Found) => number;
}

const medoidCost = (tokens: number[][], { medoids, assignment }: Found) =>
  costOracle(tokens, medoids, assignment, {});

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  kMedoids: { run: kMedoids, cost: medoidCost },
  "kMedoids in cosine": {
    run: (tokens, options) => kMedoids(tokens, { ...options, distance: "cosine" }),
    cost: (tokens, { medoids, assignment }) =>
      costOracle(tokens, medoids, assignment, { distance: "cosine" }),
  },
  kMeans: { run: kMeans, cost: (tokens, { assignment }) => kMeansCost(tokens, assignment) },
  spectralClusters: { run: spectralClusters, cost: medoidCost },
};

/** Clusters [segments, n, width]; the tokens are those that the algorithm compares. */
async function cluster(
  { run }: Algorithm,
  data: Data,
  [segments, n, width]: readonly [number, number, number],
  options: Options,
): Promise<(Found & { tokens: number[][] })[]> {
  using _scope = new Scope(device);
  const found = run(tensor(device, data, [segments, n, width]), options);
  const embedding = await found.embedding?.data() as Float32Array | undefined;
  const rows = embedding
    ? rowsOf(embedding, options.k).map((row) => row.map((v) => v / (Math.hypot(...row) + 1e-6)))
    : rowsOf(data, width);
  return (await readClusters(found)).map((one, s) => ({
    ...one,
    tokens: rows.slice(s * n, (s + 1) * n),
  }));
}

/** Inputs on which distances tie, vanish or overflow a careless formula. */
const HOSTILE: Readonly<Record<string, (n: number, width: number) => Data>> = {
  random: (n, width) => normals(n * width, n),
  "small integers": (n, width) => integers(n * width, n, 2),
  "each token three times": (n, width) =>
    normals(n * width, 1).map((_, at, all) => all[at % (Math.ceil(n / 3) * width)]),
  "all equal": (n, width) => new Float32Array(n * width).fill(0.3),
  zero: (n, width) => new Float32Array(n * width),
  "one of them far away": (n, width) => normals(n * width, 2).map((v, at) => at < width ? 1e4 : v),
  "on a line": (n, width) => Float32Array.from({ length: n * width }, (_, at) => at / width | 0),
  "tiny": (n, width) => normals(n * width, 3).map((v) => 1e-15 * v),
  "too tiny to square": (n, width) => normals(n * width, 3).map((v) => 1e-30 * v),
  "huge": (n, width) => normals(n * width, 4).map((v) => 1e15 * v),
  "too huge to square": (n, width) => normals(n * width, 4).map((v) => 1e30 * v),
};

/** A random order of n things. */
function shuffled(n: number, seed: number): number[] {
  const random = new Random(seed, [0x5f]), order = [...Array(n).keys()];
  for (let i = n - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

for (const [name, algorithm] of Object.entries(ALGORITHMS)) {
  Deno.test(`${name}: K medoids, each in its own cluster, of whatever tokens`, async () => {
    for (const [what, make] of Object.entries(HOSTILE)) {
      for (const n of AWKWARD) {
        for (const k of new Set([1, Math.ceil(n / 4), n])) {
          if (n > 33 && what !== "random" && k !== Math.ceil(n / 4)) continue;
          const [found] = await cluster(algorithm, make(n, 5), [1, n, 5], { k });
          isClustering(found, `${what}, n = ${n}, k = ${k}:`);
          if (k === n) deepStrictEqual(found.medoids, [...Array(n).keys()]);
        }
      }
    }
  });

  Deno.test(`${name}: the cost never rises with more iterations, and comes to rest`, async () => {
    const n = 127, width = 6, data = normals(2 * n * width, 5), shape = [2, n, width] as const;
    let before: Found[] = [], costs = [Infinity, Infinity], falls = 0;
    for (let iterationLimit = 0; iterationLimit < 30; iterationLimit++) {
      const found = await cluster(algorithm, data, shape, { k: 9, iterationLimit });
      costs = found.map((one, s) => {
        const cost = algorithm.cost(one.tokens, one);
        ok(cost <= costs[s] * (1 + 1e-6), `${costs[s]} rose to ${cost}`);
        ok(one.iterations <= iterationLimit);
        if (iterationLimit > 0 && cost < costs[s] * (1 - 1e-6)) falls++;
        // Who stopped before the limit was done.
        if (before[s]?.iterations < iterationLimit - 1) {
          deepStrictEqual([one.medoids, one.assignment], [before[s].medoids, before[s].assignment]);
        }
        return cost;
      });
      before = found;
    }
    ok(before.every(({ iterations }) => iterations < 29), "it comes to rest");
    ok(falls > 1, "the data must leave something to improve");
  });

  Deno.test(`${name}: tokens that are not finite are medoids first, and hurt no other segment`, async () => {
    const n = 33,
      width = 6,
      k = 5,
      clean = normals(3 * n * width, 6),
      shape = [3, n, width] as const;
    const expected = await cluster(algorithm, clean, shape, { k });
    for (const poison of [NaN, Infinity, -Infinity]) {
      for (const bad of [[4], [0, 1, 32], [...Array(n).keys()]]) {
        const data = clean.slice();
        for (const i of bad) data[(n + i) * width + 3] = poison;
        const found = await cluster(algorithm, data, shape, { k });
        isClustering(found[1], `${poison} at ${bad}:`);
        const kept = found[1].medoids.filter((m) => bad.includes(m)).length;
        strictEqual(kept, Math.min(bad.length, k), `${poison} at ${bad}: ${found[1].medoids}`);
        deepStrictEqual([found[0], found[2]], [expected[0], expected[2]]);
      }
    }
    const one = normals(n * width, 7);
    one[20 * width] = NaN;
    deepStrictEqual((await cluster(algorithm, one, [1, n, width], { k: 1 }))[0].medoids, [20]);
  });

  Deno.test(`${name}: another order of the tokens gives the same clusters, of equal tokens the first`, async () => {
    // Groups of ten, each token twice.
    const n = 120, width = 6, groups = 6, noise = normals(n * width, 8);
    const centres = rowsOf(normals(groups * width, 9), width);
    const distinct = rowsOf(noise, width).slice(0, n / 2).map((row, i) =>
      row.map((v, c) => Math.fround(3 * centres[i % groups][c] + 0.3 * v))
    );
    let first: unknown;
    for (let seed = 0; seed < 5; seed++) {
      const order = shuffled(n, seed).map((i) => i % (n / 2));
      const data = Float32Array.from(order.flatMap((i) => distinct[i]));
      const [found] = await cluster(algorithm, data, [1, n, width], { k: groups });
      const members = found.medoids.map((m, c) => ({
        medoid: order[m],
        members: [...new Set(order.filter((_, i) => found.assignment[i] === c))].sort((a, b) =>
          a - b
        ),
      })).sort((a, b) => a.medoid - b.medoid);
      first ??= members;
      deepStrictEqual(members, first);
      // Eigenvectors of equal tokens are equal but for rounding, so theirs may be either.
      if (algorithm.run === spectralClusters) continue;
      for (const m of found.medoids) strictEqual(m, order.indexOf(order[m]));
    }
  });
}

Deno.test("at rest every token is nearest to its own centre, and every centre in its place", async () => {
  for (const n of [31, 33, 127, 129]) {
    const data = normals(n * 7, n), k = Math.ceil(n / 6);
    for (const name of ["kMedoids", "spectralClusters"]) {
      const [found] = await cluster(ALGORITHMS[name], data, [1, n, 7], { k });
      const { tokens, medoids, assignment } = found;
      const away = (i: number, j: number) => distanceOracle(tokens[i], tokens[j], {});
      assignment.forEach((own, i) => {
        const nearest = Math.min(...medoids.map((m) => away(i, m)));
        ok(away(i, medoids[own]) <= nearest + 1e-5, `${name}: token ${i} of ${n}`);
      });
      medoids.forEach((m, c) => {
        const members = [...tokens.keys()].filter((i) => assignment[i] === c);
        const sum = (i: number) => members.reduce((total, j) => total + away(i, j), 0);
        ok(sum(m) <= Math.min(...members.map(sum)) + 1e-4, `${name}: medoid ${c} of ${n}`);
      });
    }
    const [{ tokens, medoids, assignment }] = await cluster(
      ALGORITHMS.kMeans,
      data,
      [1, n, 7],
      { k },
    );
    const means = medoids.map((_, c) => {
      const members = tokens.filter((_, i) => assignment[i] === c);
      return tokens[0].map((_, at) => members.reduce((sum, t) => sum + t[at], 0) / members.length);
    });
    const away = tokens.map((t) => means.map((mean) => distanceOracle(t, mean, {})));
    assignment.forEach((own, i) => {
      ok(away[i][own] <= Math.min(...away[i]) + 1e-5, `kMeans: token ${i} of ${n}`);
      ok(away[medoids[own]][own] <= away[i][own] + 1e-5, `kMeans: medoid ${own} of ${n}`);
    });
  }
});
