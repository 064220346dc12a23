/**
 * Learning rates over the steps of a run.
 *
 * AdamW takes its rate from {@link learningRate}; BertAdam multiplies its base rate with
 * {@link bertAdamMultiplier}. Both are pure functions of the number of steps already taken, so a
 * resumed run continues on the same curve.
 *
 * @module
 */

/** Where the warm-up of AdamW starts, and the least rate of any schedule. */
const FLOOR = 1e-8;

/** Arguments of the hyperbolic tangent at the start and at the end of the `HTD` schedule. */
const HTD_FROM = -6;
const HTD_TO = 3;

/** How AdamW's learning rate falls once the warm-up is over. */
export type Decay =
  | { readonly kind: "cos" | "poly" | "HTD" }
  | {
    readonly kind: "step";
    /** Steps at which the rate drops to a tenth, ascending; or the constant distance between them. */
    readonly at: readonly number[] | number;
    /** Steps of an epoch, where `at` counts epochs. Default 1: it counts steps. */
    readonly epochSteps?: number;
  };

/** What AdamW's rate depends on besides the step. */
export interface ScheduleOptions {
  /** Learning rate at the end of the warm-up. */
  readonly base: number;
  /** Steps of the whole run, see {@link totalSteps}. */
  readonly total: number;
  /** Steps of linear warm-up from 1e-8 to `base`; may be fractional. Default 0: none. */
  readonly warmup?: number;
  /** Default: `{ kind: "cos" }`. */
  readonly decay?: Decay;
}

/**
 * AdamW's learning rate for the update that follows `step` earlier ones.
 *
 * With s warm-up steps of t in all, and x = (step - s) / (t - s):
 *
 * - step <= s: 1e-8 + step / s · (base - 1e-8)
 * - `cos`: base · (1 + cos πx) / 2 (Loshchilov and Hutter, SGDR)
 * - `poly`: base · (1 - x)^0.9
 * - `HTD`: base · (1 - tanh(-6 + 9x)) / 2 (Hsueh et al., hyperbolic-tangent decay)
 * - `step`: base · 0.1^(drops so far)
 *
 * never below 1e-8. Past the end of the run the rate stays where it ended.
 *
 * @example
 * ```ts
 * import { learningRate } from "./schedule.ts";
 *
 * const schedule = { base: 1e-3, total: 100, warmup: 10 };
 * learningRate(10, schedule); // 1e-3
 * learningRate(55, schedule); // 5e-4, half way down the cosine
 * ```
 */
export function learningRate(step: number, options: ScheduleOptions): number {
  const { base, total, warmup = 0, decay = { kind: "cos" } } = options;
  if (warmup > 0 && step <= warmup) return step / warmup * (base - FLOOR) + FLOOR;
  const x = Math.min((step - warmup) / (total - warmup), 1);
  return Math.max(base * remaining(decay, x, step), FLOOR);
}

/** The fraction of the base rate that is left; `x` runs from 0 at the end of the warm-up to 1. */
function remaining(decay: Decay, x: number, step: number): number {
  switch (decay.kind) {
    case "cos":
      return 0.5 * (1 + Math.cos(Math.PI * x));
    case "poly":
      return (1 - x) ** 0.9;
    case "HTD":
      return 0.5 * (1 - Math.tanh(HTD_FROM + (HTD_TO - HTD_FROM) * x));
    case "step": {
      const { at, epochSteps = 1 } = decay, time = Math.floor(step / epochSteps);
      const drops = typeof at === "number"
        ? Math.floor(time / at)
        : at.filter((milestone) => milestone <= time).length;
      return 0.1 ** drops;
    }
  }
}

/** How BertAdam's learning rate goes after its warm-up. */
export type BertAdamSchedule = "warmup_cosine" | "warmup_constant" | "warmup_linear";

/**
 * BertAdam's multiplier of the base rate at the fraction `x` (earlier updates over all updates) of a
 * run that spends the fraction `warmup` on a linear rise from 0.
 *
 * After the rise: cosine (1 + cos πx) / 2, constant 1, linear max((x - 1) / (warmup - 1), 0). The
 * cosine does not restart at the end of the warm-up, so the multiplier jumps down there, as in BERT's
 * reference optimiser.
 *
 * @example
 * ```ts
 * import { bertAdamMultiplier } from "./schedule.ts";
 *
 * bertAdamMultiplier("warmup_cosine", 0.05, 0.1); // 0.5
 * bertAdamMultiplier("warmup_constant", 0.9, 0.1); // 1
 * ```
 */
export function bertAdamMultiplier(schedule: BertAdamSchedule, x: number, warmup: number): number {
  if (x < warmup) return x / warmup;
  switch (schedule) {
    case "warmup_cosine":
      return 0.5 * (1 + Math.cos(Math.PI * x));
    case "warmup_constant":
      return 1;
    case "warmup_linear":
      return Math.max((x - 1) / (warmup - 1), 0);
  }
}

/**
 * Optimiser steps of a whole run, t = (batches + a - 1) / a · epochs for `a` accumulated batches. The
 * division is a true one, as in the original: the result may be fractional, and only schedules use it.
 *
 * @example
 * ```ts
 * import { totalSteps } from "./schedule.ts";
 *
 * totalSteps({ batches: 101, accumulation: 2, epochs: 5 }); // 255
 * ```
 */
export function totalSteps(
  { batches, accumulation, epochs }: { batches: number; accumulation: number; epochs: number },
): number {
  return (batches + accumulation - 1) / accumulation * epochs;
}

/** Bounds of the logit scale after every step. It is a natural logarithm: the factor ends at 100.003. */
export const LOGIT_SCALE_RANGE: readonly [low: number, high: number] = [0.1, 4.6052];
