import type { Settings } from "../config/settings.ts";

/**
 * Training on the data set that comes with the project: a small model from the seed, clustering on,
 * nothing frozen. What `deno task train` does when no data is named.
 */
export const fixtures: Partial<Settings> = {
  // Placeholder numbers until the prototype has fixed them.
  datatype: "msrvtt",
  train_csv: "fixtures/shapes/train.csv",
  val_csv: "fixtures/shapes/test.csv",
  data_path: "fixtures/shapes/captions.json",
  features_path: "fixtures/shapes/videos",
  max_words: 20,
  max_frames: 8,

  pretrained_clip_name: "scratch",
  image_resolution: 64,
  vision_patch_size: 8,
  vision_width: 64,
  vision_layers: 4,
  text_width: 64,
  text_layers: 4,
  embed_dim: 64,
  freeze_layer_num: -1,

  cluster_inter: true,
  cluster_num_blocks: [64, 64, 32, 32],
  target_frames_blocks: [8, 8, 4, 4],

  epochs: 80,
  batch_size: 32,
  batch_size_val: 32,
  optim: "AdamW",
  lr: 1e-3,
  n_display: 10,
};
