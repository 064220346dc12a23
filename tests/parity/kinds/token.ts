/**
 * The layer between two blocks that reduces tokens, and where it stands.
 *
 * @module
 */
import {
  clusterLayer,
  type ClusterLayerResult,
  clusterPlan,
  listedSteps,
  poolFrames,
  Scope,
  spectralNeighbours,
  Tape,
  type Tensor,
  tensor,
} from "../../../mod.ts";
import type { Checks } from "../checks.ts";
import type { Fields } from "../fields.ts";
import type { GoldenCase } from "../golden.ts";
import { type Context, type Kinds, NotBuilt, type Table } from "../kind.ts";
import { aggregationOf, graphOf, methodOf } from "../model.ts";
import { parseTolerance, type Tolerance } from "../tolerance.ts";
import { compareIds, uploadIds } from "../trace.ts";
import { compareTokens, framesFirst, ownParameters } from "../tokens.ts";
import { floats } from "../values.ts";
import { deepLayer } from "./deep_cluster.ts";

function layerMethod(params: Fields) {
  return methodOf(params.text("algorithm"), {
    aggregation: aggregationOf(params),
    embedding: params.flag("cluster_embedding") ? "random" : undefined,
    frameEmbedding: params.flag("cluster_frame_embedding"),
    adaptiveClass: params.flag("adaptive_cls"),
    distance: params.text("distance") as "euclidean" | "cosine",
    p: params.number("norm_p"),
    preNorm: params.flag("pre_norm"),
    threshold: params.number("threshold"),
    iterationLimit: params.number("iter_limit"),
    sortIds: params.flag("id_sort"),
    splitSize: params.number("split_size"),
  }, {
    ...graphOf(params),
    neighbours: params.number("spectral_knn_k_effective"),
    spatialTemporal: params.flag("spectral_spatial_temporal_graph"),
  });
}

/** The frames of a video before and after: shifts take all that the video began with. */
function framesOf(params: Fields) {
  const frames = params.number("before_block_frames");
  return /_shift$/.test(params.text("algorithm"))
    ? { frames: params.number("original_frame"), targetFrames: params.number("original_frame") }
    : { frames, targetFrames: params.number("after_block_frames") };
}

async function layer(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  using tape = new Tape();
  const { params } = golden, segmentation = framesOf(params);
  const x = framesFirst(device, await floats(golden.input("x")));
  const parameters = await ownParameters(golden, device), learnt = parameters.entries();
  tape.watch(x, ...learnt.map(([, tensor]) => tensor));
  if (params.text("algorithm") === "sparse_sampling" && params.flag("training")) {
    throw new NotBuilt("the original's own random numbers");
  }
  const robust = golden.entry.flag("robust") || !golden.hasOutput("medoids");
  const grouping = robust ? undefined : {
    medoids: await uploadIds(golden, device, "medoids", segmentation.targetFrames),
    assignment: await uploadIds(golden, device, "assign", segmentation.targetFrames),
  };
  const made = tape.run(() =>
    clusterLayer(x, layerMethod(params), {
      ...segmentation,
      k: params.number("cluster_num"),
      parameters,
      grouping,
    })
  );
  if (robust) await compareChoice(golden, checks, made, segmentation.targetFrames);
  // The gradient is that of the sum of the output, weighted by `proj`.
  const seed = framesFirst(device, await floats(golden.input("proj")));
  const targets = [x, ...learnt.map(([, tensor]) => tensor)];
  const [dx, ...gradients] = tape.backward(made.output, targets, seed);
  const tolerance = parseTolerance(golden.tolerance, "y");
  await compareTokens(golden, checks, "y", made.output, tolerance);
  if (golden.hasOutput("residual")) {
    await compareWithResidual(golden, checks, x, dx!, tolerance);
  } else {
    await compareTokens(golden, checks, "grad_x", dx!, tolerance);
  }
  for (const [i, [name]] of learnt.entries()) {
    const output = `grad.${name}`;
    if (!golden.hasOutput(output)) {
      checks.holds(`${name} has a gradient, but the reference has none`, !gradients[i]);
      continue;
    }
    const { data } = await floats(golden.output(output));
    const found = await gradients[i]!.data() as Float32Array;
    checks.close(output, found, data, parseTolerance(golden.tolerance, "grads"));
  }
}

/**
 * With `mean_residual` the original's block adds its attention to the mean of the frames in place of the
 * layer's output; the gradient is that of the sum of both, the mean weighted by a number of the case.
 */
async function compareWithResidual(
  golden: GoldenCase,
  checks: Checks,
  x: Tensor,
  dx: Tensor,
  tolerance: Tolerance,
): Promise<void> {
  using tape = new Tape();
  tape.watch(x);
  const pooled = tape.run(() => poolFrames(x, framesOf(golden.params)));
  await compareTokens(golden, checks, "residual", pooled, tolerance);
  const [, weight] = golden.entry.text("scalar").match(/([\d.]+)\*sum\(residual\)/) ?? [];
  const weights = new Float32Array(pooled.size).fill(Number(weight));
  const [more] = tape.backward(pooled, [x], tensor(x.device, weights, pooled.shape));
  const [a, b] = [await dx.data(), await more!.data()];
  const both = tensor(x.device, Float32Array.from(a, (value, i) => value + b[i]), x.shape);
  await compareTokens(golden, checks, "grad_x", both, tolerance);
}

async function compareChoice(
  golden: GoldenCase,
  checks: Checks,
  { medoids, assignment }: ClusterLayerResult,
  targetFrames: number,
): Promise<void> {
  if (!golden.hasOutput("medoids")) return;
  await compareIds(golden, checks, "medoids", await medoids!.data(), targetFrames);
  if (!golden.hasOutput("assign")) return;
  await compareIds(golden, checks, "assign", await assignment!.data(), targetFrames);
}

/** In front of which blocks the layer stands. `knn_k` has a table of its own. */
const plans: Table = {
  name: "get_cluster_inter_table",
  run: ({ manifest }, checks) => {
    for (const row of manifest.objects("get_cluster_inter_table")) {
      const clusterCounts = row.numbers("cluster_num_blocks");
      const lists = {
        maxFrames: row.number("max_frames"),
        targetFrames: row.numbers("target_frames_blocks"),
        clusterCounts,
      };
      const modules = row.objects("modules"), listed = listedSteps(lists);
      checks.same(
        row.where,
        listed.map((step) => [
          step.block + 1,
          step.clustersBefore,
          step.clusters,
          step.frames,
          step.targetFrames,
        ]),
        modules.map((module) => [
          module.number("block"),
          module.number("before_cluster_num"),
          module.number("cluster_num"),
          module.number("before_block_frames"),
          module.number("after_block_frames"),
        ]),
      );
      // Only shifts, which keep every frame, stand where the frames do not divide into segments.
      const divides = listed.every(({ frames, targetFrames }) => frames % targetFrames === 0);
      const steps = clusterPlan({
        ...lists,
        patches: Math.max(...clusterCounts),
        algorithm: divides ? "kmedoids++" : "token_shift",
      }, clusterCounts.length);
      checks.same(
        `${row.where}: blocks`,
        steps.map(({ block }) => block),
        listed.map(({ block }) => block),
      );
      checks.same(
        `${row.where}: frame durations`,
        divides
          ? steps.map(({ frameDuration }) => frameDuration)
          : listed.map(({ frames, targetFrames }) => Math.floor(frames / targetFrames)),
        modules.map((module) => module.number("frame_duration")),
      );
    }
  },
};

/** Neighbours in spectral clustering's KNN graph. */
const neighbours: Table = {
  name: "spectral_knn_k_rule",
  run: ({ manifest }, checks) => {
    for (const row of manifest.objects("spectral_knn_k_rule")) {
      const [before, after] = row.numbers("frames");
      const tokens = row.number("before_cluster_num");
      const found = spectralNeighbours(row.number("given"), before / after, tokens);
      checks.same(row.where, found, row.number("effective"));
    }
  },
};

export const token: Kinds = {
  kinds: [
    { function: /:TokenClusterInter\.forward$/, run: layer },
    { function: /:DeepCluster\.forward$/, run: deepLayer },
  ],
  tables: [plans, neighbours],
};
