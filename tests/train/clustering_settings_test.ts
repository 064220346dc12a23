import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { clusteringOf } from "../../src/train/clustering.ts";
import { defaultsOf, flags, type Settings } from "../../src/train/config/settings.ts";

const lists = { target_frames_blocks: [12, 4], cluster_num_blocks: [49, 20] };

/** Every flag of the clustering, none at its default. */
const unusual = {
  ...lists,
  cluster_distance: "cosine",
  minkowski_norm_p: 3,
  pre_norm: true,
  cluster_iter_limit: 7,
  cluster_threshold: 0.5,
  aggregation: "mean",
  cluster_embedding: true,
  cluser_embed_from_clip: false,
  cluster_frame_embedding: true,
  spectral_sigma: 5,
  spectral_graph: "KNN",
  spectral_knn_k: 8,
  spectral_spg: true,
  svd_correct_sign: false,
} as const;

function methodOf(more: Partial<Settings>) {
  const clustering = clusteringOf({ ...defaultsOf(flags), ...more });
  if (!clustering) throw new Error("no clustering");
  deepStrictEqual([clustering.targetFrames, clustering.clusterCounts], [[12, 4], [49, 20]]);
  return clustering.method;
}

const centres = { aggregation: "mean", embedding: "random", frameEmbedding: true };
const rounds = {
  distance: "cosine",
  p: 3,
  iterationLimit: 7,
  threshold: 0.5,
  compat: undefined,
  splitSize: undefined,
};

Deno.test("no clustering is asked for where neither switch is on", () => {
  strictEqual(clusteringOf({ ...defaultsOf(flags), ...unusual }), undefined);
});

for (const cluster_algo of ["kmediods++", "kmedoids++"] as const) {
  Deno.test(`every flag of ${cluster_algo} reaches the model`, () => {
    deepStrictEqual(methodOf({ ...unusual, cluster_inter: true, cluster_algo }), {
      algorithm: cluster_algo,
      ...centres,
      ...rounds,
      preNorm: true,
    });
  });
}

Deno.test("every flag of spectral clustering reaches the model", () => {
  const cluster_algo = "spectral";
  deepStrictEqual(methodOf({ ...unusual, cluster_inter: true, cluster_algo }), {
    algorithm: "spectral",
    ...centres,
    ...rounds,
    sigma: 5,
    graph: "KNN",
    neighbours: 8,
    spatialTemporal: true,
    correctSign: false,
  });
});

Deno.test("every flag of k-means reaches the model", () => {
  deepStrictEqual(methodOf({ ...unusual, cluster_inter: true, cluster_algo: "kmeans" }), {
    algorithm: "kmeans",
    ...centres,
    iterationLimit: 7,
    threshold: 0.5,
    preNorm: true,
  });
});

Deno.test("algorithms without options take none, and DeepCluster wins over the name of an algorithm", () => {
  for (
    const cluster_algo of ["pooling", "sparse_sampling", "temporal_shift", "token_shift"] as const
  ) {
    deepStrictEqual(methodOf({ ...unusual, cluster_inter: true, cluster_algo }), {
      algorithm: cluster_algo,
    });
  }
  const learnt = methodOf({ ...unusual, deep_cluster: true, cluster_algo: "pooling" });
  deepStrictEqual(learnt, { algorithm: "deep_cluster" });
});

Deno.test("the reference's batches stop as one: 4 segments of ViT-B/16, 16 of the others", () => {
  const more = { ...lists, cluster_inter: true, compat: "reference" } as const;
  const split = (name: Settings["pretrained_clip_name"]) => {
    const method = methodOf({ ...more, pretrained_clip_name: name });
    return "splitSize" in method ? [method.splitSize, method.compat] : [];
  };
  deepStrictEqual(split("ViT-B/16"), [4, "reference"]);
  deepStrictEqual(split("ViT-B/32"), [undefined, "reference"]);
});

Deno.test("embeddings start from CLIP's positions unless they are told not to", () => {
  const more = { ...lists, cluster_inter: true, cluster_embedding: true };
  const method = methodOf(more);
  strictEqual("embedding" in method && method.embedding, "clip");
});
