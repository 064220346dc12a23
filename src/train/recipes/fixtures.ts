import type { Settings } from "../config/settings.ts";

/**
 * Training on the data set that comes with the project: a small model from the seed, clustering on,
 * nothing frozen. What `deno task train` does when no data is named. `fixtures/README.md` says how the
 * numbers were found.
 */
export const fixtures: Partial<Settings> = {
  datatype: "msrvtt",
  train_csv: "fixtures/shapes/train.csv",
  val_csv: "fixtures/shapes/test.csv",
  data_path: "fixtures/shapes/captions.json",
  features_path: "fixtures/shapes/videos",
  max_words: 24,
  max_frames: 8,
  num_thread_reader: 2,
  decoder: "wasm",

  pretrained_clip_name: "scratch",
  image_resolution: 32,
  vision_patch_size: 8,
  vision_width: 64,
  vision_layers: 4,
  text_width: 64,
  text_layers: 2,
  embed_dim: 128,
  context_length: 24,
  logit_scale_init: 2.66,
  freeze_layer_num: -1,

  cluster_inter: true,
  cluster_num_blocks: [16, 16, 16, 16],
  target_frames_blocks: [8, 2, 2, 2],
  cluster_threshold: 1e-6,

  epochs: 30,
  eval_every: 10,
  batch_size: 64,
  batch_size_val: 64,
  optim: "AdamW",
  lr: 2e-3,
  n_display: 13,
};
