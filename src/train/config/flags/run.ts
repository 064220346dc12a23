import type { FlagTable } from "../flag.ts";

/** What a run does, where it writes, and on what. */
export const runFlags = {
  recipe: {
    kind: "text",
    default: null,
    meaning: "start from the settings of an experiment, over which flags win; list prints all",
  },
  do_train: { kind: "switch", default: true, meaning: "train", once: true },
  do_eval: {
    kind: "switch",
    default: false,
    meaning: "evaluate once, without training",
    once: true,
  },
  inference_speed_test: {
    kind: "switch",
    default: false,
    meaning: "encode the test split, report the time, and stop",
    once: true,
  },
  output_dir: {
    kind: "text",
    default: null,
    meaning: "run folder, made where missing; without it runs/<date-time>",
    once: true,
  },
  resume: { kind: "text", default: null, meaning: "checkpoint to continue from", once: true },
  load_from_pretrained: {
    kind: "switch",
    default: false,
    meaning: "take only the weights of the resumed checkpoint, and start a run of its own",
    once: true,
  },
  save_every: {
    kind: "int",
    default: null,
    min: 1,
    meaning: "write a checkpoint every so many optimiser steps, besides the end of each epoch",
  },
  eval_every: {
    kind: "int",
    default: 1,
    min: 1,
    meaning: "evaluate after every so many epochs, and at the end",
  },
  n_display: {
    kind: "int",
    default: 100,
    min: 1,
    meaning: "optimiser steps between two log lines",
  },
  debug: {
    kind: "flag",
    default: false,
    meaning: "log what is of use for finding faults",
    once: true,
  },
  seed: {
    kind: "int",
    default: 42,
    min: 0,
    max: 0xffff_ffff,
    meaning: "fixes weights, order, captions and frames",
  },
  compat: {
    kind: "choice",
    choices: ["reference"],
    default: null,
    meaning: "do as the original does where this project differs (README)",
  },
  provider: {
    kind: "choice",
    choices: ["auto", "dawn", "deno"],
    default: "auto",
    meaning: "WebGPU implementation; auto takes the first that finds an adapter",
    once: true,
  },
  gpu_memory_mb: {
    kind: "int",
    default: null,
    min: 1,
    meaning: "most megabytes of GPU memory; without it what the device offers",
    once: true,
  },
  profile: {
    kind: "flag",
    default: false,
    meaning:
      "time every kernel: logs the ten costliest at the end, and leaves trace.json in the run " +
      "folder (an evaluation: trace.eval.json in --output_dir, else beside the checkpoint)",
    once: true,
  },
} as const satisfies FlagTable;
