/**
 * DeepCluster: a perceptron that learns centroids for the tokens of a segment, and keeps the tokens that
 * are nearest to them.
 *
 * @module
 */
import type { Parameters } from "../nn/parameters.ts";
import { linear, norm } from "../nn/transformer.ts";
import { scale } from "../ops/affine.ts";
import { mul, sub } from "../ops/binary.ts";
import { sliceRows } from "../ops/copy_rows.ts";
import { gatherRows } from "../ops/gather_rows.ts";
import { sum } from "../ops/reduce.ts";
import { transpose } from "../ops/transpose.ts";
import { Scope, tidy } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { gatherCentres } from "./centres.ts";
import { type Segmentation, segmentLayout, tokensOf } from "./layout.ts";
import { nearestTokens } from "./nearest.ts";

/** What {@link deepCluster} makes. */
export interface DeepClusters {
  /** `[B * targetFrames, 1 + K, D]`. */
  readonly output: Tensor;
  /** The tokens that were kept, `[B * targetFrames, K]`, ascending. */
  readonly medoids: Tensor<"i32">;
  /** The nearest centroid of each token, `[B * targetFrames, tokens of a segment]`. */
  readonly assignment: Tensor<"i32">;
  /** What the perceptron made of the tokens, `[B * targetFrames, K, D]`. */
  readonly centroids: Tensor;
  /**
   * In training: the squared distances of the tokens to their centroids, summed over a segment, on average
   * over the segments. Only the perceptron learns from it.
   */
  readonly loss: Tensor | undefined;
}

/** Shapes of the perceptron's parameters, by name: `tokens` of a segment become `k` centroids. */
export function tokenMlpShapes(tokens: number, frames: number, k: number) {
  const widths = [tokens, 4 * tokens, frames * k, k];
  const shapes = new Map<string, readonly number[]>();
  for (let i = 1; i < widths.length; i++) {
    shapes.set(`token_mlp.fc${i}.weight`, [widths[i], widths[i - 1]]);
    shapes.set(`token_mlp.fc${i}.bias`, [widths[i]]);
    shapes.set(`token_mlp.ln${i}.weight`, [widths[i]]);
    shapes.set(`token_mlp.ln${i}.bias`, [widths[i]]);
  }
  return shapes;
}

/** Three linear layers with norms, along the tokens: `[S, N, D]` to `[S, K, D]`. */
function tokenMlp(patches: Tensor, parameters: Parameters): Tensor {
  let x = transpose(patches);
  for (const i of [1, 2, 3]) {
    x = norm(linear(x, parameters.at(`fc${i}`)), parameters.at(`ln${i}`));
  }
  return transpose(x);
}

/**
 * Cuts each video into segments, and keeps of each the mean of its class tokens and the K patches that are
 * nearest to K learnt centroids (CenterCLIP's `DeepCluster`; SPEC 5.6). Gradients reach the tokens that
 * are kept; the perceptron learns from {@link DeepClusters.loss} alone.
 *
 * @param x `[B * frames, 1 + n, D]`: videos outermost, a class token before the patches of each frame.
 * @param parameters Those of the layer: `token_mlp.*`, as {@link tokenMlpShapes} has them.
 * @throws {UsageError} if the frames do not divide into segments of one length.
 * @throws {RangeError} if the parameters are not those of such segments.
 *
 * @example
 * ```ts ignore
 * const { output, loss } = deepCluster(x, layer, { frames: 12, targetFrames: 6 });
 * ```
 */
export function deepCluster(
  x: Tensor,
  parameters: Parameters,
  options: Segmentation & { readonly training?: boolean },
): DeepClusters {
  const layout = segmentLayout(x.shape, options), { segments, width } = layout;
  using scope = new Scope(x.device);
  // Tensor.reshape, through which no gradient flows: nothing that comes of the patches moves them.
  const patches = sliceRows(x, 1).reshape([segments, tokensOf(layout), width]);
  const centroids = tokenMlp(patches, parameters.at("token_mlp"));
  const { medoids, assignment } = nearestTokens(patches, centroids);
  const output = gatherCentres(x, medoids, options);
  const loss = options.training ? spread(patches, centroids, assignment) : undefined;
  const made = { output, medoids, assignment, centroids, loss };
  for (const tensor of Object.values(made)) if (tensor) scope.keep(tensor);
  return made;
}

/** The squared distances of tokens to their centroids, summed over a segment, on average. */
function spread(tokens: Tensor, centroids: Tensor, assignment: Tensor): Tensor {
  return tidy(tokens.device, () => {
    const apart = sub(tokens, gatherRows(centroids, assignment));
    return scale(sum(mul(apart, apart)), 1 / tokens.shape[0]);
  });
}
