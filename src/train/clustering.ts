/**
 * Token clustering by the settings' names.
 *
 * @module
 */
import type { Clustering } from "../centerclip/clustering.ts";
import type { CentreOptions, ClusterMethod } from "../cluster/method.ts";
import type { Settings } from "./config/settings.ts";

/** Where and how a run clusters tokens; undefined where it does not. */
export function clusteringOf(settings: Settings): Clustering | undefined {
  if (!settings.cluster_inter && !settings.deep_cluster) return undefined;
  return {
    targetFrames: settings.target_frames_blocks,
    clusterCounts: settings.cluster_num_blocks,
    method: settings.deep_cluster ? { algorithm: "deep_cluster" } : methodOf(settings),
  };
}

function methodOf(settings: Settings): ClusterMethod {
  const { cluster_algo: algorithm } = settings;
  switch (algorithm) {
    case "kmediods++":
    case "kmedoids++":
      return {
        algorithm,
        ...centresOf(settings),
        ...roundsOf(settings),
        preNorm: settings.pre_norm,
      };
    case "spectral":
      return {
        algorithm,
        ...centresOf(settings),
        ...roundsOf(settings),
        sigma: settings.spectral_sigma,
        graph: settings.spectral_graph,
        neighbours: settings.spectral_knn_k,
        spatialTemporal: settings.spectral_spg,
        correctSign: settings.svd_correct_sign,
      };
    case "kmeans": {
      const { iterationLimit, threshold } = roundsOf(settings);
      return {
        algorithm,
        ...centresOf(settings),
        iterationLimit,
        threshold,
        preNorm: settings.pre_norm,
      };
    }
    default:
      return { algorithm };
  }
}

function centresOf(settings: Settings): CentreOptions {
  const start = settings.cluser_embed_from_clip ? "clip" : "random";
  return {
    aggregation: settings.aggregation ?? "medoid",
    embedding: settings.cluster_embedding ? start : undefined,
    frameEmbedding: settings.cluster_frame_embedding,
  };
}

/** k-medoids of the tokens, or of their spectral embedding. */
function roundsOf(settings: Settings) {
  const { compat } = settings;
  return {
    distance: settings.cluster_distance,
    p: settings.minkowski_norm_p,
    iterationLimit: settings.cluster_iter_limit,
    threshold: settings.cluster_threshold,
    compat: compat ?? undefined,
    // The original's share of a batch that stops as one.
    splitSize: compat && settings.pretrained_clip_name === "ViT-B/16" ? 4 : undefined,
  };
}
