/**
 * What the layer between two blocks is told besides its method.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Parameters } from "../nn/parameters.ts";
import type { Random } from "../tensor/random.ts";
import type { Segmentation } from "./layout.ts";
import type { ClusterMethod } from "./method.ts";
import type { ClusterTokensOptions } from "./segments.ts";

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

/**
 * The layer's own parameters.
 *
 * @throws {UsageError} if it was given none.
 */
export function layerParameters(
  { algorithm }: ClusterMethod,
  { parameters }: ClusterLayerOptions,
): Parameters {
  if (!parameters) throw new UsageError(`clustering by "${algorithm}" needs its parameters`);
  return parameters;
}
