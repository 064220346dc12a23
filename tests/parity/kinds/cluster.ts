/**
 * k-medoids and its distances.
 *
 * @module
 */
import { compat, kMedoids, pairwiseDistance, Scope } from "../../../mod.ts";
import type { Checks } from "../checks.ts";
import type { Fields } from "../fields.ts";
import type { GoldenCase } from "../golden.ts";
import type { Context, Kinds } from "../kind.ts";
import { type Choice, objective, readChoice, sameTokens } from "../objective.ts";
import { replay } from "../replay.ts";
import { EXACT, parseTolerance } from "../tolerance.ts";
import { type Floats, floats, integers, upload } from "../values.ts";

/** The metric that a case's parameters name. */
function metricOf(params: Fields, distance = "distance", p = "norm_p") {
  return { distance: params.text(distance) as "euclidean" | "cosine", p: params.number(p) };
}

/** Options of k-medoids from the original's parameters. */
function optionsOf(params: Fields) {
  return {
    ...metricOf(params),
    k: params.number("K"),
    preNorm: params.flag("pre_norm"),
    iterationLimit: params.number("iter_limit"),
    threshold: params.number("threshold"),
    sortIds: params.flag("id_sort"),
    splitSize: params.number("split_size"),
    compat: "reference",
  } as const;
}

/**
 * Exact from the tokens where rounding cannot decide, exact from the given start where it can, and by
 * the value of the result where no start is given or even the start does not settle it.
 */
async function kMedoidsCase(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const { entry, params } = golden, device = await context.device();
  using _scope = new Scope(device);
  const x = await floats(golden.input("X")), tokens = upload(device, x);
  const medoids = await integers(golden.output("medoids"));
  const assignment = await integers(golden.output("assign"));
  const start = await golden.output("kkz_init");
  const expected = await floats(golden.output("objective"));
  const options = optionsOf(params);

  const given = !entry.flag("robust") && golden.hasOutput("distance_matrix");
  // Where the case is robust its distances and its start are not: both may hold near ties.
  if (!given) golden.waive("distance_matrix");
  const result = kMedoids(tokens, {
    ...options,
    ...given && {
      distances: upload(device, await floats(golden.output("distance_matrix"))),
      init: upload(device, await integers(Promise.resolve(start))),
    },
  });
  const found = await readChoice(result);
  if (entry.flag("unmatchable")) {
    return sameChoice(checks, x, medoids.data, found, expected, params);
  }
  if (entry.flag("robust") || given) {
    checks.equal("medoids", found.medoids, medoids.data);
    checks.equal("assign", found.assignment, assignment.data);
    return;
  }
  // Tokens of one length leave the first of them to rounding.
  if (!options.preNorm) {
    const first = kMedoids(tokens, { ...options, iterationLimit: 0, sortIds: false });
    checks.equal("kkz_init", await first.medoids.data(), start.data);
  }
  const ours = objective(x, found, { ...metricOf(params), preNorm: options.preNorm });
  const worse = ours.map((value, i) => Math.max(0, value - expected.data[i]));
  checks.close("excess of the objective", worse, worse.map(() => 0), {
    ...EXACT,
    atol: 0.01 * Math.min(...expected.data),
  });
}

/** For a case that nothing settles: the same tokens by value, or an objective as good. */
function sameChoice(
  checks: Checks,
  x: Floats,
  expectedMedoids: Int32Array,
  found: Choice,
  expected: Floats,
  params: Fields,
): void {
  if (sameTokens(x, found.medoids, expectedMedoids)) {
    return checks.holds("the medoids differ by value", true);
  }
  const ours = objective(x, found, { ...metricOf(params), preNorm: params.flag("pre_norm") });
  checks.close("objective", ours, expected.data, { ...EXACT, rtol: 1e-4 });
}

/** Distances as they are, and as k-medoids uses them. */
async function distancesCase(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  const metric = metricOf(golden.params, "metric", "p");
  const points = await floats(golden.input("x"));
  const x = upload(device, points), y = upload(device, await floats(golden.input("y")));
  const tolerance = parseTolerance(golden.tolerance);
  const plain = await floats(golden.output("dist_xy_plain"));
  checks.close("dist_xy_plain", await pairwiseDistance(x, y, metric).data(), plain.data, tolerance);

  const name = "dist_xx_self_nearest_all_negative";
  const negative = await floats(golden.output(name));
  const ours = await compat.negativeDistances(x, metric).data();
  const [, n, width] = points.shape;
  const noise = parseTolerance(golden.tolerance, "diagonal").rtol;
  for (let row = 0; row < ours.length / n; row++) {
    const at = row * n, self = at + row % n;
    const norm = Math.hypot(...points.data.subarray(row * width, (row + 1) * width));
    checks.close(`${name}[${self}]`, [ours[self]], [negative.data[self]], {
      ...EXACT,
      atol: noise * norm,
    });
    ours[self] = negative.data[self];
  }
  checks.close(name, ours, negative.data, tolerance);
}

async function squaredCase(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  const x = upload(device, await floats(golden.input("x")));
  const y = upload(device, await floats(golden.input("y")));
  const found = await pairwiseDistance(x, y, { squared: true }).data();
  const expected = await floats(golden.output("sq"));
  checks.close("sq", found, expected.data, parseTolerance(golden.tolerance));
}

/** The variants for one segment: one is the batched form, the other stops after one iteration. */
async function variantsCase(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  const tokens = upload(device, await floats(golden.input("X"))), k = golden.params.number("K");
  for (const [variant, iterationLimit] of [["fast", 100], ["loop", 1]] as const) {
    const found = kMedoids(tokens, { k, iterationLimit, compat: "reference" });
    const medoids = await integers(golden.output(`${variant}_medoids`));
    const assignment = await integers(golden.output(`${variant}_assign`));
    checks.equal(`${variant}_medoids`, await found.medoids.data(), medoids.data);
    checks.equal(`${variant}_assign`, await found.assignment.data(), assignment.data);
  }
}

/** A row of the tables of sparsely sampled tokens; one without draws is the fixed choice, or needs none. */
function tokenIds(row: Fields, checks: Checks): void {
  const integer = row.has("draws") ? replay(row.numbers("draws")) : undefined;
  const found = compat.referenceTokenIds(row.number("total"), row.number("target"), integer);
  checks.equal(row.where, found, row.numbers("indices"));
}

export const cluster: Kinds = {
  kinds: [
    { function: /:batch_fast_kmedoids_with_split$/, run: kMedoidsCase },
    { function: /:pairwise_distance$/, run: distancesCase },
    { function: /:batched_cdist_l2$/, run: squaredCase },
    { function: /:fast_kmedoids and .*:kmedoids$/, run: variantsCase },
  ],
  tables: [
    {
      name: "token_sparse_sampling_eval",
      run: ({ manifest }, checks) =>
        manifest.object("token_sparse_sampling_eval").objects("cases")
          .forEach((row) => tokenIds(row, checks)),
    },
    {
      name: "token_sparse_sampling_train",
      run: ({ manifest }, checks) =>
        manifest.objects("token_sparse_sampling_train").forEach((row) => tokenIds(row, checks)),
    },
  ],
};
