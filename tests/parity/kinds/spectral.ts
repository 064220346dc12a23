/**
 * Spectral clustering and its stages.
 *
 * @module
 */
import {
  type Device,
  kMedoids,
  Scope,
  signFlip,
  spatialTemporalGraph,
  type SpatialTemporalOptions,
  spectralClusters,
  type SpectralOptions,
  tensor,
} from "../../../mod.ts";
import { asGood } from "../as_good.ts";
import type { Checks } from "../checks.ts";
import { compareEmbedding } from "../embedding.ts";
import type { Fields } from "../fields.ts";
import type { GoldenCase } from "../golden.ts";
import type { Context, Kinds, Table } from "../kind.ts";
import { type Choice, objective, readChoice, sameTokens } from "../objective.ts";
import { compareStages } from "../spectral_stages.ts";
import { EXACT, parseTolerance } from "../tolerance.ts";
import { type Floats, floats, integers, swapAxes, upload } from "../values.ts";

/** Parameters of the spatial-temporal graph. */
function nearOf(params: Fields): SpatialTemporalOptions {
  return {
    tokensPerFrame: params.number("tokens_per_frame"),
    spatialKernel: params.number("s_kernel"),
    temporalKernel: params.number("t_kernel"),
  };
}

/** Options from the original's parameters. */
function optionsOf(params: Fields): SpectralOptions {
  const mode = params.text("mode"), graph = "spatial_temporal_graph";
  if (mode !== "HeatKernel" && mode !== "KNN") throw new Error(`no graph is called ${mode}`);
  return {
    k: params.number("K"),
    distance: params.text("metric") as "euclidean" | "cosine",
    p: params.number("norm_p"),
    iterationLimit: params.number("iter_limit"),
    threshold: params.number("threshold"),
    sortIds: params.flag("id_sort"),
    splitSize: params.number("split_size"),
    sigma: params.number("sigma"),
    neighbours: mode === "KNN" ? params.number("knn_k") : undefined,
    near: params.has(graph) ? nearOf(params.object(graph)) : undefined,
    correctSign: params.flag("correct_sign"),
    compat: "reference",
  };
}

/**
 * Exact from the tokens where rounding cannot decide, exact from the given embedding, distances and start
 * where it can, and by the value of the result where there are none or even they do not settle it. The
 * graph, the spectrum and the embedding are compared in any case.
 */
async function clusters(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const { entry, params } = golden, device = await context.device();
  using _scope = new Scope(device);
  const x = await floats(golden.input("X")), options = optionsOf(params);
  if (options.near && golden.hasOutput("spg")) await compareGraph(golden, checks, device, "spg", x);
  const reference = await compareStages(golden, checks, x, device, options);
  const found = spectralClusters(upload(device, x), options);
  const embedding = { shape: found.embedding.shape, data: await found.embedding.data() };
  const q = golden.hasOutput("Q") ? await floats(golden.output("Q")) : undefined;
  if (q) compareEmbedding(checks, golden.tolerance, embedding, { ...reference, q }, options);

  const expected = {
    medoids: (await integers(golden.output("medoids"))).data,
    assignment: (await integers(golden.output("assign"))).data,
  };
  if (entry.flag("robust")) return same(checks, await readChoice(found), expected);
  if (!q || !golden.hasOutput("Q_kkz_init")) {
    return await asGood(checks, device, embedding, await readChoice(found), expected, options, q);
  }
  const started = await readChoice(kMedoids(upload(device, q), {
    ...options,
    distances: upload(device, await floats(golden.output("Q_distance_matrix"))),
    init: upload(device, await integers(golden.output("Q_kkz_init"))),
  }));
  if (!entry.flag("unmatchable")) return same(checks, started, expected);
  if (sameTokens(x, started.medoids, expected.medoids)) {
    return checks.holds("the medoids differ by value", true);
  }
  const ofQ = { ...options as Required<SpectralOptions>, preNorm: false };
  checks.close("objective", objective(q, started, ofQ), objective(q, expected, ofQ), {
    ...EXACT,
    rtol: 1e-4,
  });
}

function same(checks: Checks, found: Choice, expected: Choice): void {
  checks.equal("medoids", found.medoids, expected.medoids);
  checks.equal("assign", found.assignment, expected.assignment);
}

/** Compares the spatial-temporal graph of a case, which has one copy or one a segment. */
async function compareGraph(
  golden: GoldenCase,
  checks: Checks,
  device: Device,
  output: string,
  x?: Floats,
): Promise<void> {
  const params = x ? golden.params.object("spatial_temporal_graph") : golden.params;
  const graph = spatialTemporalGraph(device, params.number("N"), nearOf(params));
  checks.equal(output, await graph.data(), (await floats(golden.output(output))).data);
}

async function graphCase(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  await compareGraph(golden, checks, device, "graph");
}

async function signCase(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  const u = await floats(golden.input("U")), s = await floats(golden.input("S"));
  const { shape: [segments, k, n], data: vh } = await floats(golden.input("Vh"));
  const scaled = vh.map((value, at) => value * s.data[Math.floor(at / n)]);
  const columns = Array.from(
    { length: segments },
    (_, at) => [...swapAxes(scaled.subarray(at * k * n, (at + 1) * k * n), [k, n, 1])],
  );
  const p = tensor(device, Float32Array.from(columns.flat()), [segments, n, k]);
  const flipped = await signFlip(upload(device, u), p, 0).data();
  const expected = await floats(golden.output("U_flipped"));
  checks.close("U_flipped", flipped, expected.data, parseTolerance(golden.tolerance));
}

/** How many tokens are near each, for the windows of the scripts and others. */
const graphs: Table = {
  name: "spatial_temporal_graph_table",
  async run({ manifest }, checks, context) {
    const device = await context.device();
    for (const row of manifest.objects("spatial_temporal_graph_table")) {
      using graph = spatialTemporalGraph(device, row.number("N"), nearOf(row));
      const data = await graph.data(), n = row.number("N");
      const sums = Array.from(
        { length: n },
        (_, i) => data.subarray(i * n, (i + 1) * n).reduce((sum, one) => sum + one, 0),
      );
      const first = row.numbers("row_sums_first40");
      checks.equal(`${row.where} row sums`, sums.slice(0, first.length), first);
      checks.same(`${row.where} ones`, sums.reduce((a, b) => a + b), row.number("ones"));
      const symmetric = data.every((one, at) => one === data[at % n * n + Math.floor(at / n)]);
      checks.same(`${row.where} symmetric`, symmetric, row.flag("symmetric"));
    }
  },
};

export const spectral: Kinds = {
  kinds: [
    { function: /:batch_spectral_clustering$/, run: clusters },
    { function: /:spatial_temporal_graph$/, run: graphCase },
    { function: /:batch_sign_flip_rasmus_bro$/, run: signCase },
  ],
  tables: [graphs],
};
