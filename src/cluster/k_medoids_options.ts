/**
 * What k-medoids can be told, here and in the original's variant.
 *
 * @module
 */
import type { Tensor } from "../tensor/tensor.ts";
import type { Metric } from "./distance.ts";

/** Options of `kMedoids`. */
export interface KMedoidsOptions extends Metric {
  /** Clusters of each segment, 1 to N. */
  readonly k: number;
  /** Divide the tokens by their norm (plus 1e-6) first. Default false. */
  readonly preNorm?: boolean;
  /** Most iterations; 0 keeps the start. Default 100. */
  readonly iterationLimit?: number;
  /**
   * A segment is done once its medoids move less than this in one iteration, summed over the medoids,
   * in the distance in use. Default 1e-6: when none moves.
   */
  readonly threshold?: number;
  /** Sort the medoids of each segment by token. Default true. */
  readonly sortIds?: boolean;
  /** Start from these tokens, `[B, K]` (or `[K]`), instead of KKZ's choice. */
  readonly init?: Tensor<"i32">;
  /** Distances to use instead of the tokens', `[B, N, N]` (or `[N, N]`), symmetric. */
  readonly distances?: Tensor<"f32">;
  /**
   * Segments at a time; bounds the memory, never changes a result. Default: as many as have distances
   * of 256 MiB, or fit one binding.
   */
  readonly splitSize?: number;
  /**
   * `reference` brings back what only the original does: `splitSize` (default 16) segments share one
   * stopping rule and one shift of the distances, and without `sortIds` the assignment is the one before
   * the last update. See `src/compat/k_medoids.ts`.
   */
  readonly compat?: "reference";
}
