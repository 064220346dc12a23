import type { FlagTable } from "../flag.ts";

/** Multi-segment token clustering in front of chosen visual blocks. */
export const clusterFlags = {
  cluster_inter: { kind: "switch", default: false, meaning: "cluster tokens between blocks" },
  deep_cluster: {
    kind: "switch",
    default: false,
    meaning: "choose tokens by a learnt selector instead; not with cluster_inter",
  },
  cluster_algo: {
    kind: "choice",
    choices: [
      "kmediods++",
      "kmedoids++",
      "kmeans",
      "pooling",
      "sparse_sampling",
      "spectral",
      "temporal_shift",
      "token_shift",
    ],
    default: "kmediods++",
    meaning:
      "how the tokens of a segment become fewer: kmediods++ is the original's spelling of kmedoids++, kmeans this project's own; the shifts keep all and mix neighbouring frames",
  },
  cluster_num_blocks: {
    kind: "ints",
    default: [0],
    min: 0,
    meaning: "tokens of a segment after each block, one number a block",
  },
  target_frames_blocks: {
    kind: "ints",
    default: [12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12, 12],
    min: 1,
    meaning: "segments after each block, one number a block",
  },
  cluster_distance: {
    kind: "choice",
    choices: ["euclidean", "cosine"],
    default: "euclidean",
    meaning: "distance of two tokens",
  },
  minkowski_norm_p: {
    kind: "float",
    default: 2,
    above: 0,
    meaning: "p of the p-norm that euclidean takes",
  },
  pre_norm: {
    kind: "switch",
    default: false,
    meaning: "scale tokens to length 1 first (k-medoids and k-means)",
  },
  cluster_iter_limit: { kind: "int", default: 100, min: 0, meaning: "most rounds of clustering" },
  cluster_threshold: {
    kind: "float",
    default: 1e-5,
    min: 0,
    meaning: "clustering stops when its centres move less",
  },
  aggregation: {
    kind: "choice",
    choices: ["mean"],
    default: null,
    meaning: "a cluster becomes the mean of its tokens; else its medoid",
  },
  cluster_embedding: {
    kind: "switch",
    default: false,
    meaning: "add a learnt embedding to the centres",
  },
  cluser_embed_from_clip: {
    kind: "switch",
    default: true,
    meaning: "start that embedding from CLIP's positions (the original's spelling)",
  },
  cluster_frame_embedding: {
    kind: "switch",
    default: false,
    meaning: "make a parameter for frames that nothing uses, as the original does",
  },
  spectral_sigma: {
    kind: "float",
    default: 2,
    above: 0,
    meaning: "spectral: width of the heat kernel",
  },
  spectral_graph: {
    kind: "choice",
    choices: ["HeatKernel", "KNN"],
    default: "HeatKernel",
    meaning: "spectral: graph of the tokens",
  },
  spectral_knn_k: {
    kind: "int",
    default: 1,
    min: 0,
    meaning: "spectral: neighbours in the KNN graph; below 5 chosen by the segment's length",
  },
  spectral_spg: {
    kind: "switch",
    default: false,
    meaning: "spectral: connect only tokens near in space and time",
  },
  svd_correct_sign: {
    kind: "switch",
    default: true,
    meaning: "spectral: fix the sign of each eigenvector",
  },
} as const satisfies FlagTable;
