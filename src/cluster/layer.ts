/**
 * The layer between two blocks of a vision transformer, whichever its algorithm.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Parameters } from "../nn/parameters.ts";
import { add, mul } from "../ops/binary.ts";
import { concatRows, sliceRows } from "../ops/copy_rows.ts";
import { reshape } from "../ops/reshape.ts";
import type { Random } from "../tensor/random.ts";
import { Scope } from "../tensor/scope.ts";
import { type Tensor, zeros } from "../tensor/tensor.ts";
import { deepCluster } from "./deep_cluster.ts";
import type { CentreOptions, ClusterMethod } from "./method.ts";
import { poolFrames } from "./pooling.ts";
import { sampleTokens } from "./sampling.ts";
import { type ClusteredTokens, clusterTokens, type ClusterTokensOptions } from "./segments.ts";
import { shiftFrames } from "./shift.ts";
import type { Segmentation } from "./layout.ts";

/** A choice of medoids, and with the aggregation `mean` of clusters, made elsewhere. */
export type Grouping = Pick<ClusterTokensOptions, "medoids" | "assignment">;

/** What the layer is told besides its method. */
export interface ClusterLayerOptions extends Segmentation {
  /** Tokens to keep of each segment; pooling and shifts have no use for it. */
  readonly k: number;
  /** The layer's own parameters, where its method has any. */
  readonly parameters?: Parameters;
  /** Present in training: random numbers of this layer and step alone. */
  readonly random?: Random;
  /** What to keep, in place of a choice by clustering. */
  readonly grouping?: Grouping;
}

/** What the layer gives. */
export interface ClusterLayerResult extends Partial<ClusteredTokens> {
  /** `[B * targetFrames, 1 + K, D]`; of the shape of the input after a shift. */
  readonly output: Tensor;
  /** The loss of a method that learns to cluster; in training. */
  readonly loss?: Tensor;
}

/**
 * Runs the layer (CenterCLIP's `TokenClusterInter` and `DeepCluster`; SPEC 5). The class tokens of a
 * segment become their mean, whatever the patches become.
 *
 * @param x `[B * frames, 1 + n, D]`: videos outermost, a class token before the patches of each frame.
 * @throws {UsageError} if the frames do not divide into segments of one length, `k` is not 1 to the tokens
 *   of a segment, or a parameter that the method has is missing.
 *
 * @example
 * ```ts ignore
 * const { output } = clusterLayer(x, { algorithm: "kmedoids++" }, { frames: 12, targetFrames: 4, k: 49 });
 * ```
 */
export function clusterLayer(
  x: Tensor,
  method: ClusterMethod,
  options: ClusterLayerOptions,
): ClusterLayerResult {
  using scope = new Scope(x.device);
  const result = reduce(x, method, options);
  for (const made of Object.values(result)) if (made) scope.keep(made);
  return result;
}

function reduce(x: Tensor, method: ClusterMethod, options: ClusterLayerOptions) {
  const { frames, targetFrames, k, random, grouping } = options;
  switch (method.algorithm) {
    case "pooling":
      return { output: poolFrames(x, options) };
    case "sparse_sampling": {
      const integer = random && ((n: number) => random.integer(n));
      return { output: sampleTokens(x, { frames, targetFrames, k, integer }) };
    }
    case "temporal_shift":
      return { output: shiftFrames(x, frames, "patches") };
    case "token_shift":
      return { output: shiftFrames(x, frames, "class") };
    case "deep_cluster": {
      const { output, medoids, assignment, loss } = deepCluster(x, own(method, options), {
        frames,
        targetFrames,
        training: random !== undefined,
      });
      return { output, medoids, assignment, loss };
    }
    case "kmedoids++":
    case "kmediods++": {
      const weighed = method.adaptiveClass ? weighClassTokens(x, method, options) : x;
      const found = clusterTokens(weighed, { ...method, ...grouping, frames, targetFrames, k });
      return { ...found, output: embedCentres(found.output, method, options) };
    }
    default:
      throw new UsageError(
        `clustering by "${(method as ClusterMethod).algorithm}" is not known`,
      );
  }
}

/** The layer's parameters. */
function own({ algorithm }: ClusterMethod, { parameters }: ClusterLayerOptions): Parameters {
  if (!parameters) throw new UsageError(`clustering by "${algorithm}" needs its parameters`);
  return parameters;
}

/** Multiplies the class token of each frame of a video by the frame's factor. */
function weighClassTokens(x: Tensor, method: ClusterMethod, options: ClusterLayerOptions): Tensor {
  const [rows, , width] = x.shape, { frames } = options;
  const factors = own(method, options).get("cls_multiplier");
  const classes = reshape(sliceRows(x, 0, 1), [rows / frames, frames, 1, width]);
  return concatRows(reshape(mul(classes, factors), [rows, 1, width]), sliceRows(x, 1));
}

/** Adds the learnt embedding to the centres, not to the class token before them. */
function embedCentres(
  x: Tensor,
  method: CentreOptions & ClusterMethod,
  options: ClusterLayerOptions,
): Tensor {
  if (!method.embedding) return x;
  const [, , width] = x.shape, { k } = options;
  const embedding = reshape(own(method, options).get("cluster_embed"), [1, k, width]);
  return add(x, concatRows(zeros(x.device, "f32", [1, 1, width]), embedding));
}
