import type { FlagTable } from "../flag.ts";

const noEffect = "original";
const ranks = "ranks come from MPI";
const adapter = "the WebGPU provider picks the adapter";

/** Flags of the original that are taken, so that its scripts run as they are, and change nothing. */
export const acceptedFlags = {
  do_pretrain: { kind: "flag", default: false, meaning: "pre-training", noEffect },
  data_dir: {
    kind: "text",
    default: "/cache/dataset",
    meaning: "data of a remote cluster",
    noEffect,
  },
  lr_decay: { kind: "float", default: 0.9, meaning: "decay of the learning rate", noEffect },
  video_dim: { kind: "int", default: 1024, meaning: "width of video features", noEffect },
  feature_framerate: { kind: "int", default: 1, meaning: "frames a second", noEffect },
  margin: { kind: "float", default: 0.1, meaning: "margin of the ranking loss", noEffect },
  hard_negative_rate: { kind: "float", default: 0.5, meaning: "share of hard negatives", noEffect },
  negative_weighting: { kind: "int", default: 1, meaning: "weight negatives", noEffect },
  n_pair: { kind: "int", default: 1, meaning: "pairs of a sample", noEffect },
  use_mil: { kind: "flag", default: false, meaning: "multiple-instance loss", noEffect },
  sampled_use_mil: {
    kind: "flag",
    default: false,
    meaning: "sampled multiple instances",
    noEffect,
  },
  text_num_hidden_layers: { kind: "int", default: 12, meaning: "layers of a text model", noEffect },
  visual_num_hidden_layers: {
    kind: "int",
    default: 12,
    meaning: "layers of a video model",
    noEffect,
  },
  do_lower_case: { kind: "flag", default: false, meaning: "lower-case captions", noEffect },
  cache_dir: { kind: "text", default: "", meaning: "cache of downloaded models", noEffect },
  task_type: {
    kind: "choice",
    choices: ["retrieval"],
    default: "retrieval",
    meaning: "task",
    noEffect,
  },
  save_feature_path: { kind: "text", default: null, meaning: "folder for features", noEffect },
  train_frame_order: {
    kind: "choice",
    choices: ["0", "1", "2"],
    default: "0",
    meaning: "order of training frames",
    noEffect,
  },
  eval_frame_order: {
    kind: "choice",
    choices: ["0", "1", "2"],
    default: "0",
    meaning: "order of test frames",
    noEffect,
  },
  slice_framepos: {
    kind: "choice",
    choices: ["0", "1", "2"],
    default: "0",
    meaning: "which frames of a video",
    noEffect,
  },
  time_embedding: { kind: "int", default: 0, meaning: "embedding of time", noEffect },
  adaptive_cls: { kind: "int", default: 0, meaning: "weigh class tokens", noEffect },
  cluster_inter_dim: { kind: "int", default: 256, meaning: "width of a cluster layer", noEffect },
  data_loaded: { kind: "flag", default: false, meaning: "state of a remote cluster", noEffect },
  loose_type: {
    kind: "flag",
    default: false,
    meaning: "encoders without cross attention",
    noEffect: "follows from --sim_header",
  },
  freeze_clip: {
    kind: "switch",
    default: false,
    meaning: "tell DDP of unused parameters",
    noEffect: "there is no DDP",
  },
  n_gpu: { kind: "int", default: 1, meaning: "GPUs", noEffect: ranks },
  world_size: { kind: "int", default: 1, meaning: "nodes", noEffect: ranks },
  local_rank: { kind: "int", default: 0, meaning: "rank of the node", noEffect: ranks },
  dist_backend: { kind: "text", default: "nccl", meaning: "transport", noEffect: ranks },
  init_method: {
    kind: "text",
    default: "tcp://127.0.0.1:6101",
    meaning: "where ranks meet",
    noEffect: ranks,
  },
  remote: { kind: "switch", default: false, meaning: "remote cluster", noEffect: ranks },
  dp: { kind: "flag", default: false, meaning: "several GPUs in one process", noEffect: ranks },
  use_bn_sync: { kind: "flag", default: false, meaning: "batch norm over ranks", noEffect: ranks },
  multigpu: { kind: "ints", default: null, meaning: "list of GPUs", noEffect: ranks },
  gpu: { kind: "int", default: null, meaning: "GPU to take", noEffect: adapter },
} as const satisfies FlagTable;
