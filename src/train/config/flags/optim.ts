import type { FlagTable } from "../flag.ts";

/** Optimiser, schedule and arithmetic. */
export const optimFlags = {
  epochs: { kind: "int", default: 20, min: 1, meaning: "passes over the training split" },
  max_steps: {
    kind: "int",
    default: null,
    min: 1,
    meaning: "end after this many optimiser steps; the schedule keeps the length of all epochs",
  },
  batch_size: {
    kind: "int",
    default: 256,
    min: 1,
    meaning: "pairs of an optimiser step, for each process; accumulation splits it",
  },
  gradient_accumulation_steps: {
    kind: "int",
    default: 1,
    min: 1,
    meaning: "parts a batch is computed in; negatives come from one part only",
  },
  batch_size_val: { kind: "int", default: 3500, min: 1, meaning: "pairs of an evaluation batch" },
  optim: {
    kind: "choice",
    choices: ["BertAdam", "AdamW"],
    default: "BertAdam",
    meaning: "optimiser: AdamW with warm-up and cosine, or BERT's Adam",
  },
  lr: { kind: "float", default: 1e-4, above: 0, meaning: "learning rate of new parameters" },
  coef_lr: {
    kind: "float",
    default: 1,
    above: 0,
    meaning: "CLIP's parameters learn at lr times it",
  },
  beta1: { kind: "float", default: 0.9, min: 0, below: 1, meaning: "AdamW: decay of the mean" },
  beta2: { kind: "float", default: 0.98, min: 0, below: 1, meaning: "AdamW: decay of the square" },
  eps: { kind: "float", default: 1e-6, above: 0, meaning: "AdamW: added to the root" },
  wd: { kind: "float", default: 0.2, min: 0, meaning: "weight decay" },
  warmup_proportion: {
    kind: "float",
    default: 0.1,
    min: 0,
    max: 1,
    meaning: "fraction of all steps in which the learning rate rises",
  },
  clip_grad_norm: {
    kind: "float",
    default: 1,
    above: 0,
    meaning: "greatest norm of all gradients together",
  },
  precision: {
    kind: "choice",
    choices: ["amp", "fp16", "fp32"],
    default: "fp32",
    meaning: "training: f16 with f32 weights, all f16, or all f32",
    notBuilt: ["fp16"],
  },
} as const satisfies FlagTable;
