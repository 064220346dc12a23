/**
 * The layer between two blocks that reduces tokens, and where it stands.
 *
 * @module
 */
import {
  clusterPlan,
  clusterTokens,
  type ClusterTokensOptions,
  type Device,
  poolFrames,
  sampleTokens,
  Scope,
  Tape,
  type Tensor,
  tensor,
} from "../../../mod.ts";
import type { Checks } from "../checks.ts";
import type { Fields } from "../fields.ts";
import type { GoldenCase } from "../golden.ts";
import { type Context, type Kinds, NotBuilt, notBuilt, type Table } from "../kind.ts";
import { ALGORITHMS } from "../model.ts";
import { parseTolerance } from "../tolerance.ts";
import { compareIds, uploadIds } from "../trace.ts";
import { type Floats, floats, swapAxes } from "../values.ts";

/** Parameters that ask for parts that are not built. */
const UNBUILT: Readonly<Record<string, string>> = {
  cluster_embedding: "cluster embeddings",
  adaptive_cls: "weighted class tokens, which the original never enables",
  mean_residual: "a mean in the skip branch, which the original never enables",
};

function optionsOf(params: Fields) {
  const aggregation = params.has("aggregation") ? params.text("aggregation") : "None";
  return {
    frames: params.number("before_block_frames"),
    targetFrames: params.number("after_block_frames"),
    k: params.number("cluster_num"),
    distance: params.text("distance") as "euclidean" | "cosine",
    p: params.number("norm_p"),
    preNorm: params.flag("pre_norm"),
    threshold: params.number("threshold"),
    iterationLimit: params.number("iter_limit"),
    sortIds: params.flag("id_sort"),
    splitSize: params.number("split_size"),
    aggregation: aggregation === "mean" ? "mean" : "medoid",
    compat: "reference",
  } as const;
}

/** Runs the layer under `tape`; k-medoids' choice is compared or, where rounding decides it, injected. */
async function reduce(
  golden: GoldenCase,
  checks: Checks,
  x: Tensor,
  tape: Tape,
): Promise<Tensor> {
  const { params, entry } = golden, algorithm = params.text("algorithm");
  const options: ClusterTokensOptions = optionsOf(params), { targetFrames } = options;
  if (algorithm === "pooling") return tape.run(() => poolFrames(x, options));
  if (algorithm === "sparse_sampling" && !params.flag("training")) {
    return tape.run(() => sampleTokens(x, options));
  }
  const missing = Object.keys(UNBUILT).find((key) => params.flag(key));
  if (missing) throw new NotBuilt(UNBUILT[missing]);
  if (algorithm !== "kmediods++") throw new NotBuilt(ALGORITHMS[algorithm] ?? algorithm);
  const robust = entry.flag("robust");
  const injected = robust ? {} : {
    medoids: await uploadIds(golden, x.device, "medoids", targetFrames),
    assignment: await uploadIds(golden, x.device, "assign", targetFrames),
  };
  const { output, medoids, assignment } = tape.run(() =>
    clusterTokens(x, { ...options, ...injected })
  );
  if (robust) {
    await compareIds(golden, checks, "medoids", await medoids.data(), targetFrames);
    await compareIds(golden, checks, "assign", await assignment!.data(), targetFrames);
  }
  return output;
}

async function layer(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  using tape = new Tape();
  const x = framesFirst(device, await floats(golden.input("x")));
  tape.watch(x);
  const y = await reduce(golden, checks, x, tape);
  // The gradient is that of the sum of the output, weighted by `proj`.
  const seed = framesFirst(device, await floats(golden.input("proj")));
  const [gradient] = tape.backward(y, [x], seed);
  for (const [output, values] of [["y", y], ["grad_x", gradient!]] as const) {
    const { shape: [length, batch, width], data } = await floats(golden.output(output));
    const found = swapAxes(await values.data() as Float32Array, [batch, length, width]);
    checks.close(output, found, data, parseTolerance(golden.tolerance, output));
  }
}

/** Tokens outermost, as the original has them, to frames outermost. */
function framesFirst(device: Device, { shape: [length, frames, width], data }: Floats): Tensor {
  return tensor(device, swapAxes(data, [length, frames, width]), [frames, length, width]);
}

/** Only shifts, which keep every frame, stand where the frames do not divide into segments. */
function isIndivisible(module: Fields): boolean {
  return module.number("before_block_frames") % module.number("after_block_frames") !== 0;
}

/** In front of which blocks the layer stands. `knn_k` has a table of its own. */
const plans: Table = {
  name: "get_cluster_inter_table",
  run: ({ manifest }, checks) => {
    let indivisible = false;
    for (const row of manifest.objects("get_cluster_inter_table")) {
      const clusterCounts = row.numbers("cluster_num_blocks");
      if (row.objects("modules").some(isIndivisible)) {
        indivisible = true;
        continue;
      }
      const found = clusterPlan({
        maxFrames: row.number("max_frames"),
        targetFrames: row.numbers("target_frames_blocks"),
        clusterCounts,
        patches: Math.max(...clusterCounts),
      }, clusterCounts.length);
      checks.same(
        row.where,
        found.map((step) => [
          step.block + 1,
          clusterCounts[Math.max(step.block - 1, 0)],
          step.clusters,
          step.frames,
          step.targetFrames,
          step.frameDuration,
        ]),
        row.objects("modules").map((module) => [
          module.number("block"),
          module.number("before_cluster_num"),
          module.number("cluster_num"),
          module.number("before_block_frames"),
          module.number("after_block_frames"),
          module.number("frame_duration"),
        ]),
      );
    }
    if (indivisible) throw new NotBuilt(ALGORITHMS.token_shift);
  },
};

export const token: Kinds = {
  kinds: [
    { function: /:TokenClusterInter\.forward$/, run: layer },
    { function: /:DeepCluster\.forward$/, run: notBuilt("DeepCluster") },
  ],
  tables: [plans, { name: "spectral_knn_k_rule", run: notBuilt("spectral clustering") }],
};
