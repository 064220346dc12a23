/**
 * What the original chooses for spectral clustering by the size of a segment.
 *
 * @module
 */
import type { SpatialTemporalOptions } from "./affinity.ts";

/** Frames of this many tokens or more count as large. */
const LARGE_FRAME = 100;

/**
 * Neighbours in the KNN graph: as given, but below 5 by the segment's length.
 *
 * @param given `spectral_knn_k`.
 * @param frames Frames of a segment.
 * @param tokensPerFrame Tokens of a frame before they are clustered.
 *
 * @example
 * ```ts
 * import { spectralNeighbours } from "./spectral_rules.ts";
 * import { strictEqual } from "node:assert/strict";
 * strictEqual(spectralNeighbours(1, 3, 49), 15);
 * strictEqual(spectralNeighbours(1, 3, 196), 20);
 * strictEqual(spectralNeighbours(7, 3, 196), 7);
 * ```
 */
export function spectralNeighbours(given: number, frames: number, tokensPerFrame: number): number {
  return given >= 5 ? given : 5 * frames + (tokensPerFrame < LARGE_FRAME ? 0 : 5);
}

/**
 * Windows of the spatial-temporal graph.
 *
 * @param tokensPerFrame Tokens of a frame before they are clustered.
 *
 * @example
 * ```ts
 * import { spatialTemporalWindow } from "./spectral_rules.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual(
 *   spatialTemporalWindow(49),
 *   { tokensPerFrame: 49, spatialKernel: 9, temporalKernel: 7 },
 * );
 * ```
 */
export function spatialTemporalWindow(tokensPerFrame: number): SpatialTemporalOptions {
  const spatialKernel = tokensPerFrame < LARGE_FRAME ? 9 : 19;
  return { tokensPerFrame, spatialKernel, temporalKernel: 7 };
}
