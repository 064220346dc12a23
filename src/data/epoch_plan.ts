/**
 * Which samples an epoch holds, in which order and in which batches; with several processes, each one's
 * share.
 *
 * @module
 */

import { Random } from "../tensor/random.ts";
import { cutBatches } from "./batches.ts";

/** The stream of random numbers that shuffles; told apart further by the epoch. */
const ORDER = 0x6c6f01;

/** What the batches of an epoch depend on. */
export interface PlanOptions {
  readonly seed: number;
  readonly batchSize: number;
  readonly training: boolean;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  /** This process, and how many there are. */
  readonly rank: number;
  readonly world: number;
}

/** The samples there are: how many and, where several belong to one video, the end of each video's. */
interface Samples {
  readonly length: number;
  readonly cutOffPoints?: readonly number[];
}

/**
 * The batches of an epoch, as indices of samples.
 *
 * @param key A batch never holds two samples for which this gives the same. See `cutBatches`.
 *
 * @example
 * ```ts
 * import { planEpoch } from "./epoch_plan.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const options = { seed: 1, batchSize: 2, training: true, shuffle: false, dropLast: false };
 * const plan = (rank: number) => planEpoch({ length: 5 }, { ...options, rank, world: 2 }, 0);
 * deepStrictEqual([plan(0), plan(1)], [[[0, 2], [4]], [[1, 3], [0]]]);
 * ```
 */
export function planEpoch(
  samples: Samples,
  options: PlanOptions,
  epoch: number,
  key?: (sample: number) => string,
): number[][] {
  const { seed, batchSize, shuffle, dropLast, rank, world } = options;
  const order = shuffle
    ? new Random(seed, [ORDER, epoch]).permutation(samples.length)
    : Uint32Array.from({ length: samples.length }, (_, i) => i);
  const planOf = (rank: number) => {
    const batches = cutBatches(shareOf(order, samples, { ...options, rank }), batchSize, key);
    return dropLast ? batches.filter((batch) => batch.length === batchSize) : batches;
  };
  const plan = planOf(rank);
  if (!key || !dropLast || world === 1) return plan;
  // Clashes may cost one process more batches than another, and all must take as many steps.
  const counts = Array.from({ length: world }, (_, rank) => planOf(rank).length);
  return plan.slice(0, Math.min(...counts));
}

/**
 * A process's share of `order`. In training every world-th sample, the first ones again at the end, so that
 * all shares are equally long (PyTorch's `DistributedSampler`). In evaluation a stretch of whole videos: one
 * share after the other gives `order`, each sample once.
 */
function shareOf(
  order: Uint32Array,
  { length, cutOffPoints: ends }: Samples,
  { training, rank, world }: PlanOptions,
): Uint32Array {
  if (world === 1) return order;
  if (training) {
    const size = Math.ceil(length / world);
    return Uint32Array.from({ length: size }, (_, i) => order[(rank + i * world) % length]);
  }
  const videos = ends?.length ?? length;
  const [begin, end] = [rank, rank + 1].map((share) => {
    const video = Math.floor(videos * share / world);
    return ends === undefined || video === 0 ? video : ends[video - 1];
  });
  return order.subarray(begin, end);
}
