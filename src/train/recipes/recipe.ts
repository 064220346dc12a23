/**
 * What a recipe is: the settings of an experiment, and what was reported of it.
 *
 * @module
 */
import type { Settings } from "../config/settings.ts";

/** R@1, R@5 and R@10 in percent. */
export type Recalls = readonly [R1: number, R5: number, R10: number];

/** An experiment, as data. Flags win over its settings, and these over the defaults. */
export interface Recipe {
  /** Where it comes from: the original's script and the id in it, its default, or a comment there. */
  readonly origin: string;
  readonly settings: Partial<Settings>;
  /** R@1 that the script notes of its checkpoint. */
  readonly script?: { readonly t2v: number; readonly v2t: number };
  /** What the paper reports of the same clustering, on a V100; of MSR-VTT with the 9k list. */
  readonly paper?: {
    readonly t2v: Recalls;
    readonly v2t: Recalls;
    /** Memory of training in GB. */
    readonly gb: number;
    /** Inference, milliseconds a video. */
    readonly ms: number;
  };
}

/** `count` times the same number: a list with a number a block. */
export function times(count: number, value: number): number[] {
  return Array<number>(count).fill(value);
}
