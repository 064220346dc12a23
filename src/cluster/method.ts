/**
 * The ways to make the tokens of a segment fewer, or to mix those of neighbouring frames.
 *
 * @module
 */
import type { KMeansOptions } from "./k_means.ts";
import type { KMedoidsOptions } from "./k_medoids_options.ts";
import type { SpectralOptions } from "./spectral.ts";

/** What the algorithms that cluster have in common: what stands for a cluster. */
export interface CentreOptions {
  /** A cluster's medoid, or the mean of its members. Default `medoid`. */
  readonly aggregation?: "medoid" | "mean";
  /**
   * Adds a learnt vector to each centre, the layer's parameter `cluster_embed` [K, width]: one that starts
   * at random, or as CLIP's positions of the first K patches. Default: none.
   */
  readonly embedding?: "random" | "clip";
  /** Makes a parameter `cluster_frame_embed` that nothing uses, as the original does. Default false. */
  readonly frameEmbedding?: boolean;
  /**
   * Multiplies each frame's class token, before they are averaged, by a learnt factor, the layer's
   * parameter `cls_multiplier` [1, frames, 1, 1] (the original's `adaptive_cls`). Default false.
   */
  readonly adaptiveClass?: boolean;
}

/** Clustering around medoids: the paper's algorithm, and in its code's spelling. */
export interface KMedoidsMethod
  extends CentreOptions, Omit<KMedoidsOptions, "k" | "init" | "distances"> {
  /** The same by either name. */
  readonly algorithm: "kmedoids++" | "kmediods++";
}

/** Clustering around means; a cluster's medoid is the token nearest to its mean. */
export interface KMeansMethod extends CentreOptions, Omit<KMeansOptions, "k"> {
  /** Its name. */
  readonly algorithm: "kmeans";
}

/** Clustering around medoids of the eigenvectors of the tokens' graph. */
export interface SpectralMethod
  extends CentreOptions, Omit<SpectralOptions, "k" | "neighbours" | "near"> {
  /** Its name. */
  readonly algorithm: "spectral";
  /** The graph: of all tokens, or of nearest neighbours. Default `HeatKernel`. */
  readonly graph?: "HeatKernel" | "KNN";
  /** Neighbours in the graph `KNN`; below 5 as many as the segment's length asks for. Default 1. */
  readonly neighbours?: number;
  /** Connects only tokens that are near in space and time. Default false. */
  readonly spatialTemporal?: boolean;
}

/** Algorithms without options. */
export interface PlainMethod {
  /**
   * `pooling`: frames become their mean, token by token. `sparse_sampling`: evenly spread tokens are kept,
   * in training drawn. `temporal_shift`, `token_shift`: patches, or class tokens, exchange channels with
   * the neighbouring frames; nothing becomes fewer. `deep_cluster`: a perceptron learns which to keep.
   */
  readonly algorithm:
    | "pooling"
    | "sparse_sampling"
    | "temporal_shift"
    | "token_shift"
    | "deep_cluster";
}

/** Clustering of tokens: centres stand for them. */
export type CentreMethod = KMedoidsMethod | KMeansMethod | SpectralMethod;

/** How tokens become fewer, or are shifted, by `algorithm`. */
export type ClusterMethod = CentreMethod | PlainMethod;

/** The name of an algorithm. */
export type ClusterAlgorithm = ClusterMethod["algorithm"];

/** Whether an algorithm keeps every frame and token and only moves channels along time. */
export function isShift(algorithm: ClusterAlgorithm): boolean {
  return algorithm === "temporal_shift" || algorithm === "token_shift";
}

/** The algorithms that cluster tokens, so that centres stand for them. */
export const CENTRE_ALGORITHMS: readonly CentreMethod["algorithm"][] = [
  "kmediods++",
  "kmedoids++",
  "kmeans",
  "spectral",
];

/** Whether a method clusters tokens. */
export function hasCentres(method: ClusterMethod): method is CentreMethod {
  return (CENTRE_ALGORITHMS as readonly string[]).includes(method.algorithm);
}
