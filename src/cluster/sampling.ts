/**
 * Sparse sampling of tokens: the cheap alternative to clustering.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { gatherCentres } from "./centres.ts";
import { type Segmentation, segmentLayout, tokensOf } from "./layout.ts";

/**
 * `k` tokens spread evenly over `n`: the middles of k equal parts or, with `integer`, one drawn from each
 * of k parts of `floor(n / k)` tokens (the rest at the end is never drawn, as in the original's
 * `token_sparse_sampling`).
 *
 * @param integer Draws uniformly from [0, n).
 * @throws {UsageError} if k is not 1 to n.
 *
 * @example
 * ```ts
 * import { sampleTokenIds } from "./sampling.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual(sampleTokenIds(7, 5), [0, 2, 3, 4, 6]);
 * deepStrictEqual(sampleTokenIds(7, 3, (n) => n - 1), [1, 3, 5]);
 * ```
 */
export function sampleTokenIds(
  n: number,
  k: number,
  integer?: (n: number) => number,
): number[] {
  if (!Number.isInteger(k) || k < 1 || k > n) {
    throw new UsageError(`sampling: ${k} of ${n} tokens; take 1 to ${n}`);
  }
  const tick = n / k, part = Math.floor(tick);
  return Array.from(
    { length: k },
    (_, i) => integer ? i * part + integer(part) : Math.floor(tick / 2 + tick * i),
  );
}

/** Options of {@link sampleTokens}. */
export interface SampleOptions extends Segmentation {
  /** Tokens to keep of each segment. */
  readonly k: number;
  /** In training: draws uniformly from [0, n). Without it the choice is fixed. */
  readonly integer?: (n: number) => number;
}

/**
 * Keeps `k` evenly spread patches of every segment and the mean of its class tokens. The draws, segment
 * by segment, are shared by all videos of the batch.
 *
 * @param x `[B * frames, 1 + n, D]`, videos outermost.
 * @returns `[B * targetFrames, 1 + k, D]`.
 * @throws {UsageError} if k is not 1 to the patches of a segment, or the frames do not divide.
 *
 * @example
 * ```ts ignore
 * const sampled = sampleTokens(x, { frames: 12, targetFrames: 6, k: 49 });
 * ```
 */
export function sampleTokens(x: Tensor, options: SampleOptions): Tensor {
  const layout = segmentLayout(x.shape, options);
  const { k, integer, targetFrames } = options;
  const ids = Array.from(
    { length: targetFrames },
    () => sampleTokenIds(tokensOf(layout), k, integer),
  ).flat();
  const chosen = new Int32Array(layout.segments * k);
  for (let at = 0; at < chosen.length; at += ids.length) chosen.set(ids, at);
  const medoids = tensor(x.device, chosen, [layout.segments, k]);
  try {
    return gatherCentres(x, medoids, options);
  } finally {
    medoids.dispose();
  }
}
