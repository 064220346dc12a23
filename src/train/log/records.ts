/**
 * What a run reports, and how it reads in its log.
 *
 * @module
 */
import type { RetrievalFigures } from "../../retrieval/metrics.ts";

/** Where training stands; a training line of `metrics.jsonl`, with these names. */
export interface StepRecord {
  /** Optimiser steps taken so far. */
  readonly step: number;
  /** Epoch under way, from 0. */
  readonly epoch: number;
  /** Pairs of this epoch seen so far, and in all. */
  readonly samples: number;
  readonly epoch_samples: number;
  /** The loss that was minimised: the contrastive one and the clustering's. */
  readonly loss: number;
  readonly cluster_loss: number;
  readonly lr: number;
  /** The parameter, a logarithm. */
  readonly logit_scale: number;
  /** Norm of all gradients together, before clipping. */
  readonly grad_norm: number;
  /** The loss scale of the step to come; absent in f32. */
  readonly loss_scale?: number;
  readonly samples_per_second: number;
  /** Seconds a step waited for data, and took in all, on average since the last record. */
  readonly data_seconds: number;
  readonly batch_seconds: number;
  /** The share of that time in which the GPU had nothing to do for want of data. */
  readonly gpu_wait_share: number;
  readonly gpu_bytes_live: number;
  readonly gpu_bytes_peak: number;
}

/** How the data of an epoch came, or of the part of it that the run took; a line of `metrics.jsonl`. */
export interface EpochRecord {
  readonly step: number;
  /** Epoch, from 0. */
  readonly epoch: number;
  /** Steps of the epoch that the run took, and the seconds for them. */
  readonly steps: number;
  readonly seconds: number;
  readonly gpu_wait_share: number;
  /** Clips that were decoded, and that came from the frame cache; others came from memory. */
  readonly clips_decoded: number;
  readonly clips_cached: number;
}

/** An evaluation of a split during training. */
export interface EvaluationRecord {
  readonly step: number;
  /** Epoch just finished, from 0. */
  readonly epoch: number;
  readonly t2v: RetrievalFigures;
  readonly v2t: RetrievalFigures;
}

/** A training step as a log line, in the original's form. */
export function stepLine(record: StepRecord): string {
  const { samples, epoch_samples, loss, cluster_loss, loss_scale } = record;
  return [
    `Epoch: ${record.epoch} [${samples} (${Math.floor(100 * samples / epoch_samples)}%)]`,
    `SimLoss: ${(loss - cluster_loss).toFixed(4)} CLoss ${cluster_loss.toFixed(4)}`,
    `Data (t) ${record.data_seconds.toFixed(3)}`,
    `Batch (t) ${record.batch_seconds.toFixed(3)}`,
    `LR: ${record.lr.toExponential(1)}`,
    `logit_scale ${record.logit_scale.toFixed(3)}`,
    ...loss_scale === undefined ? [] : [`loss_scale ${loss_scale}`],
  ].join("\t");
}

/** An epoch's data as a log line. */
export function epochLine(record: EpochRecord, epochs: number): string {
  const { epoch, steps, seconds, gpu_wait_share, clips_decoded, clips_cached } = record;
  return `Epoch ${epoch + 1}/${epochs}: ${steps} steps in ${seconds.toFixed(1)} s, ` +
    `${(100 * gpu_wait_share).toFixed(1)} % of which the GPU waited for data; ` +
    `${clips_decoded} clips decoded, ${clips_cached} from the frame cache`;
}

/**
 * A training step as TensorBoard scalars: the original's tags, and up to five of this project's.
 */
export function stepScalars(record: StepRecord): [tag: string, value: number][] {
  const { loss_scale } = record;
  return [
    ["train/sim_loss", record.loss - record.cluster_loss],
    ["train/cluster_loss", record.cluster_loss],
    ["train/data_time", record.data_seconds],
    ["train/batch_time", record.batch_seconds],
    ["train/scale", record.logit_scale],
    ["train/lr", record.lr],
    ["train/grad_norm", record.grad_norm],
    ...loss_scale === undefined ? [] : [["train/loss_scale", loss_scale] as [string, number]],
    ["train/samples_per_second", record.samples_per_second],
    ["train/gpu_wait_share", record.gpu_wait_share],
    ["train/gpu_bytes_peak", record.gpu_bytes_peak],
  ];
}

/** The five figures alone, of an object that may hold more, such as every single rank. */
export function recallFigures({ R1, R5, R10, MedianR, MeanR }: RetrievalFigures): RetrievalFigures {
  return { R1, R5, R10, MedianR, MeanR };
}

/**
 * An evaluation as a line of `metrics.jsonl`: the test split's figures stand at the top level, those of
 * another split under its name.
 */
export function evaluationLine(split: string, record: EvaluationRecord) {
  const { epoch, step } = record;
  const figures = { t2v: recallFigures(record.t2v), v2t: recallFigures(record.v2t) };
  return split === "test" ? { epoch, step, ...figures } : { epoch, step, [split]: figures };
}
