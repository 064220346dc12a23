/**
 * What a forward pass is told besides its batch.
 *
 * @module
 */
import type { Grouping } from "../cluster/layer_options.ts";
import { Random } from "../tensor/random.ts";
import type { ClusterStep } from "./plan.ts";

/** Medoids to use in place of those that clustering would choose: for reproducing recorded runs. */
export type Groupings = (step: ClusterStep) => Grouping | undefined;

/** What training has and evaluation lacks. */
export interface TrainingPass {
  /**
   * A stream of random numbers for a purpose (any number of the caller's own). It depends on the pass
   * and the purpose alone, so that a pass that is computed again draws the same.
   */
  stream(purpose: number): Random;
}

/** Options of a forward pass. */
export interface ForwardOptions {
  /** Choices of tokens made elsewhere. */
  readonly groupings?: Groupings;
  /** Present in training: dropout, random sampling and batch statistics; absent in evaluation. */
  readonly training?: TrainingPass;
}

/**
 * The training pass of one part of a step's batch.
 *
 * @param seed The run's.
 * @param step Optimiser steps taken before this one.
 * @param part Which part of the accumulated batch, from 0.
 *
 * @example
 * ```ts
 * import { trainingPass } from "./forward.ts";
 * import { strictEqual } from "node:assert/strict";
 * const [a, b] = [1, 2].map(() => trainingPass(42, 7, 0).stream(3).uint32());
 * strictEqual(a, b);
 * ```
 */
export function trainingPass(seed: number, step: number, part: number): TrainingPass {
  return { stream: (purpose) => new Random(seed, [purpose, step, part]) };
}
