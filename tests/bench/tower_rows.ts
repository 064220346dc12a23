/**
 * Rows over whole towers: what token clustering saves of them, and what training steps cost around their
 * kernels.
 *
 * @module
 */
import type { VitConfig } from "../../src/clip/config.ts";

/** CLIP's models with a vision transformer, by the side of their patches. */
export type ModelName = "b32" | "b16";

/** The sizes of a model as OpenAI published it. */
export function clipConfig(model: ModelName): VitConfig {
  return {
    vision: "ViT",
    embedDim: 512,
    imageResolution: 224,
    visionLayers: 12,
    visionWidth: 768,
    visionPatchSize: model === "b32" ? 32 : 16,
    contextLength: 77,
    vocabSize: 49408,
    textWidth: 512,
    textLayers: 12,
  };
}

/** Frames of a video, the segments that its second half of blocks is left with, and their tokens. */
export interface ClusteredVideo {
  readonly model: ModelName;
  readonly frames: number;
  readonly segments: number;
  readonly k: number;
}

/** The video tower with and without clustering, its output or also the gradients of its parameters. */
export interface TowerRow extends ClusteredVideo {
  readonly kind: "tower";
  readonly videos: number;
  readonly training: boolean;
}

/** One video, clustered by k-medoids and embedded. */
export interface EmbedRow extends ClusteredVideo {
  readonly kind: "embed";
}

/** A training step of ViT-B/32: both towers, the loss, the gradients of all parameters, AdamW. */
export interface StepRow {
  readonly kind: "step";
  readonly videos: number;
  readonly frames: number;
  /** Tokens of a text. */
  readonly words: number;
  readonly precision: "fp32" | "amp";
}

/** What a training step costs besides its kernels. */
export interface OverheadRow {
  readonly kind: "overhead";
  readonly of: "recording" | "submits" | "readbacks" | "coverage" | "start";
}

/** The clusterings that the paper reports, and those of B/16 beside them. */
const videos: readonly ClusteredVideo[] = [
  { model: "b32", frames: 12, segments: 4, k: 49 },
  { model: "b32", frames: 12, segments: 3, k: 49 },
  { model: "b32", frames: 60, segments: 12, k: 49 },
  { model: "b16", frames: 12, segments: 4, k: 160 },
];

const nameOf = ({ model, frames, segments, k }: ClusteredVideo) =>
  `${model}_${frames}_${segments}_${k}`;

/** Every tower by the name of its row. */
export const TOWER_ROWS: readonly [string, TowerRow][] = videos.flatMap((video) =>
  [false, true].map((training): [string, TowerRow] => [
    `centerclip_${nameOf(video)}_${training ? "training" : "inference"}`,
    { kind: "tower", ...video, videos: video.model === "b32" ? 8 : 2, training },
  ])
);

/** The embedding that the original is timed at. */
export const EMBED_ROW: EmbedRow = { kind: "embed", ...videos[3] };
/** Its name. */
export const EMBED_NAME: string = `embed_${nameOf(EMBED_ROW)}`;

/** The step that all are timed at. */
export const STEP_ROW: StepRow = {
  kind: "step",
  videos: 2,
  frames: 12,
  words: 32,
  precision: "fp32",
};

/** Every overhead by the name of its row. */
export const OVERHEAD_ROWS: readonly [string, OverheadRow][] =
  (["recording", "submits", "readbacks", "coverage", "start"] as const)
    .map((of) => [`overhead_${of}`, { kind: "overhead", of }]);
