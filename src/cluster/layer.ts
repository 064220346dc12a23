/**
 * The layer between two blocks of a vision transformer, whichever its algorithm.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { cast, typeOf } from "../ops/cast.ts";
import { Scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { centreLayer } from "./centre_layer.ts";
import { deepCluster } from "./deep_cluster.ts";
import { type ClusterLayerOptions, layerParameters } from "./layer_options.ts";
import { type ClusterMethod, hasCentres } from "./method.ts";
import { poolFrames } from "./pooling.ts";
import { sampleTokens } from "./sampling.ts";
import type { ClusteredTokens } from "./segments.ts";
import { shiftFrames } from "./shift.ts";

/** What the layer gives. */
export interface ClusterLayerResult extends Partial<ClusteredTokens> {
  /** `[B * targetFrames, 1 + K, D]`, of the input's type; of its shape, too, after a shift. */
  readonly output: Tensor;
  /** The loss of a method that learns to cluster; in training. */
  readonly loss?: Tensor;
}

/**
 * Runs the layer (CenterCLIP's `TokenClusterInter` and `DeepCluster`; SPEC 5). The class tokens of a
 * segment become their mean, whatever the patches become. All of it is computed in f32.
 *
 * @param x f32 or f16 `[B * frames, 1 + n, D]`: videos outermost, a class token before the patches of each frame.
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
  const found = reduce(cast(x, "f32"), method, options);
  const result = { ...found, output: cast(found.output, typeOf(x)) };
  for (const made of Object.values(result)) if (made) scope.keep(made);
  return result;
}

function reduce(
  x: Tensor,
  method: ClusterMethod,
  options: ClusterLayerOptions,
): ClusterLayerResult {
  if (hasCentres(method)) return centreLayer(x, method, options);
  const { frames, targetFrames, k, random } = options;
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
      const settings = { frames, targetFrames, training: random !== undefined };
      const found = deepCluster(x, layerParameters(method, options), settings);
      const { output, medoids, assignment, loss } = found;
      return { output, medoids, assignment, loss };
    }
    default:
      throw new UsageError(`clustering by "${(method as ClusterMethod).algorithm}" is not known`);
  }
}
