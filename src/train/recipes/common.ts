/**
 * What the original's scripts have in common, and what those of a data set have.
 *
 * Left out are settings without effect. A batch is the original's over all its GPUs, whose features it
 * compares with each other: 128 pairs.
 *
 * @module
 */
import type { Settings } from "../config/settings.ts";
import { times } from "./recipe.ts";

type Part = Partial<Settings>;

const common: Part = {
  optim: "AdamW",
  coef_lr: 1e-3,
  wd: 0.2,
  warmup_proportion: 0.1,
  clip_grad_norm: 1,
  precision: "amp",
  seed: 42,
  batch_size: 128,
  sim_header: "meanP",
  linear_patch: "2d",
  freeze_layer_num: 0,
  temperature_new: 1,
  pretrained_clip_name: "ViT-B/32",
  cluster_embedding: false,
  cluster_distance: "euclidean",
  cluster_iter_limit: 100,
  cluster_threshold: 1e-6,
  minkowski_norm_p: 2,
  spectral_sigma: 2,
  spectral_knn_k: 1,
  cluster_num_blocks: times(12, 49),
};

/** Short clips with a sentence. */
const sentences: Part = {
  ...common,
  max_words: 32,
  max_frames: 12,
  epochs: 5,
  num_thread_reader: 8,
  target_frames_blocks: [...times(6, 12), ...times(6, 6)],
};

/** MSR-VTT. */
export const msrvtt: Part = {
  ...sentences,
  datatype: "msrvtt",
  expand_msrvtt_sentences: true,
  batch_size_val: 16,
  n_display: 50,
};

/** MSVD. */
export const msvd: Part = { ...sentences, datatype: "msvd", batch_size_val: 64 };

/** LSMDC. */
export const lsmdc: Part = {
  ...sentences,
  datatype: "lsmdc",
  lr: 5e-3,
  batch_size_val: 32,
  n_display: 40,
};

/** ActivityNet Captions: long videos with a paragraph. */
export const activity: Part = {
  ...common,
  datatype: "activity",
  lr: 1e-2,
  epochs: 8,
  batch_size_val: 16,
  max_words: 77,
  max_frames: 60,
  num_thread_reader: 6,
  n_display: 50,
};

/** ActivityNet Captions with ViT-B/16: 196 patches a frame, 160 centres. */
export const activityB16: Part = {
  ...activity,
  pretrained_clip_name: "ViT-B/16",
  cluster_num_blocks: [...times(6, 196), ...times(6, 160)],
};

/** Token clustering by k-medoids. */
export const kmedoids: Part = { cluster_inter: true, cluster_algo: "kmediods++" };

/** Spectral clustering over nearest neighbours. */
export const spectral: Part = {
  cluster_inter: true,
  cluster_algo: "spectral",
  spectral_graph: "KNN",
};

/** Segments after a block: `frames` up to block `after`, `segments` behind it. */
export function reduced(frames: number, segments: number, after = 6): Part {
  return { target_frames_blocks: [...times(after, frames), ...times(12 - after, segments)] };
}
