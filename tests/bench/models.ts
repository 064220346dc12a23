/**
 * Models of any size on random weights, made in memory in moments.
 *
 * @module
 */
import { CenterClip, type CenterClipOptions, type PairBatch } from "../../src/centerclip/model.ts";
import { patchesOf, shapesOf, type VitConfig } from "../../src/clip/config.ts";
import type { ClusterMethod } from "../../src/cluster/method.ts";
import type { Device } from "../../src/gpu/device.ts";
import { Parameters } from "../../src/nn/parameters.ts";
import { type Shape, sizeOf } from "../../src/tensor/shape.ts";
import { empty, type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { defaultsOf, flags } from "../../src/train/config/settings.ts";
import { Trainer } from "../../src/train/trainer.ts";
import { noise } from "./rows.ts";
import type { ClusteredVideo, StepRow } from "./tower_rows.ts";

/** Random numbers that all weights are taken from: drawing every one would take longer than to use them. */
const POOL = 2 ** 20 - 3;

/** A tensor as it starts: scales one, biases zero, weights around zero, copied from `pool` on the GPU. */
function start(pool: Tensor, name: string, shape: Shape): Tensor {
  const { device } = pool, size = sizeOf(shape);
  const scales = /\bln_\w+\.weight$/.test(name);
  if (scales || /bias$|logit_scale$/.test(name)) {
    return tensor(device, new Float32Array(size).fill(scales ? 1 : 0), shape);
  }
  const made = empty(device, "f32", shape, "weights");
  for (let at = 0; at < size; at += pool.size) {
    device.copy(pool, 0, made, 4 * at, 4 * Math.min(pool.size, size - at));
  }
  return made;
}

/** CLIP's weights, or those of one tower, which the open scope owns. */
export function randomParameters(
  device: Device,
  config: VitConfig,
  tower: "both" | "visual" = "both",
): Parameters {
  using pool = tensor(device, noise(POOL, 0.02), [POOL]);
  const tensors = [...shapesOf(config)]
    .filter(([name]) => tower === "both" || name.startsWith("visual."))
    .map(([name, shape]): [string, Tensor] => [`clip.${name}`, start(pool, name, shape)]);
  return new Parameters(device, new Map(tensors));
}

/** Frames of noise, as they come from a decoder: [frames, side, side, 3]. */
export function noiseFrames(device: Device, { imageResolution: side }: VitConfig, frames: number) {
  const pool = Uint8Array.from({ length: POOL }, () => Math.random() * 256);
  const data = new Uint8Array(frames * side * side * 3);
  for (let at = 0; at < data.length; at += pool.length) {
    data.set(pool.subarray(0, data.length - at), at);
  }
  return tensor(device, data, [frames, side, side, 3]);
}

/** Clustering in the middle of a model: before the seventh of twelve blocks, as in the paper. */
export function clusteredOptions(
  config: VitConfig,
  { frames, segments, k }: Omit<ClusteredVideo, "model">,
  method: ClusterMethod,
): CenterClipOptions {
  const list = (before: number, after: number) =>
    Array.from(
      { length: config.visionLayers },
      (_, i) => i < config.visionLayers / 2 ? before : after,
    );
  return {
    maxFrames: frames,
    clustering: {
      method,
      targetFrames: list(frames, segments),
      clusterCounts: list(patchesOf(config), k),
    },
  };
}

/** A model in training, with one batch. */
export interface Training extends Disposable {
  /** Records a step. */
  step(): void;
}

/** What a step takes. */
export interface TrainingSize {
  readonly videos: number;
  readonly frames: number;
  /** Tokens of a text. */
  readonly words: number;
  /** Default `fp32`. */
  readonly precision?: StepRow["precision"];
}

/** Makes a model and its optimiser ready for steps; the open scope owns the weights and the batch. */
export function prepareTraining(
  device: Device,
  config: VitConfig,
  { videos, frames, words, precision = "fp32" }: TrainingSize,
): Training {
  const options = { maxFrames: frames, precision };
  const model = new CenterClip(randomParameters(device, config), config, options);
  const settings = {
    ...defaultsOf(flags),
    optim: "AdamW",
    freeze_layer_num: -1,
    lr: 1e-6,
    precision,
  } as const;
  const ids = Int32Array.from({ length: videos * words }, () => Math.random() * config.vocabSize);
  const batch: PairBatch = {
    text: { ids, length: words },
    frames: noiseFrames(device, config, videos * frames),
    videoMask: new Float32Array(videos * frames).fill(1),
  };
  const trainer = new Trainer(model, settings, 1000);
  let taken = 0;
  return {
    step: () => trainer.step([batch], taken++),
    [Symbol.dispose]: () => trainer[Symbol.dispose](),
  };
}
