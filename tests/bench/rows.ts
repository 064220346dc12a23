/**
 * What a row is: the same for this project and its peers.
 *
 * @module
 */
import { textFlops, videoFlops } from "../../src/centerclip/flops.ts";
import type { LoaderRow } from "./loader_rows.ts";
import {
  clipConfig,
  type EmbedRow,
  type OverheadRow,
  type StepRow,
  type TowerRow,
} from "./tower_rows.ts";

/** A product C[M, N], its operands stored as they are (`ab`), B transposed or A transposed. */
export interface MatmulRow {
  readonly kind: "matmul";
  readonly form: "ab" | "abt" | "atb";
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** One ViT-B/32 block: its output, or also the gradients of all parameters and of its input. */
export interface BlockRow {
  readonly kind: "block";
  readonly backward: boolean;
}

/** A 3 x 3 convolution of `CONV_FRAMES` square feature maps, or also the gradients of both operands. */
export interface ConvRow {
  readonly kind: "conv";
  readonly side: number;
  readonly channels: number;
  readonly backward: boolean;
}

/** Clustering of `segments` segments of `tokens` tokens, by k-medoids of their own or of their graph. */
export interface ClusterRow {
  readonly kind: "kmedoids" | "spectral";
  readonly segments: number;
  readonly tokens: number;
  readonly width: number;
  readonly k: number;
  /** Milliseconds of the original's code in PyTorch, where `torch.matmul` reached {@link TORCH_GFLOPS}. */
  readonly originalMs: number;
}

/** GFLOP/s of `torch.matmul` 1024³ on the machine that the original was timed on. */
export const TORCH_GFLOPS = 180;

/** The k smallest eigenvectors of `matrices` normalised Laplacians of `n` nodes. */
export interface EigenRow {
  readonly kind: "eigen";
  readonly matrices: number;
  readonly n: number;
  readonly k: number;
}

/** A row that this project and its peers are timed at. */
export type TimedRow =
  | MatmulRow
  | BlockRow
  | ConvRow
  | StepRow
  | ClusterRow
  | EigenRow
  | EmbedRow;

/** One row. */
export type Row = TimedRow | TowerRow | OverheadRow | LoaderRow;

/** The block's sizes: 12 frames of 50 tokens. */
export const BLOCK = {
  frames: 12,
  tokens: 50,
  heads: 12,
  headWidth: 64,
  width: 768,
  hidden: 3072,
} as const;

/** Names and shapes of the block's parameters, weights as [in, out]. */
export const BLOCK_PARAMETERS = {
  norm1Weight: [BLOCK.width],
  norm1Bias: [BLOCK.width],
  qkvWeight: [BLOCK.width, 3 * BLOCK.width],
  qkvBias: [3 * BLOCK.width],
  outWeight: [BLOCK.width, BLOCK.width],
  outBias: [BLOCK.width],
  norm2Weight: [BLOCK.width],
  norm2Bias: [BLOCK.width],
  fcWeight: [BLOCK.width, BLOCK.hidden],
  fcBias: [BLOCK.hidden],
  projWeight: [BLOCK.hidden, BLOCK.width],
  projBias: [BLOCK.width],
} as const;

/** Names of the block's parameters. */
export type BlockParameter = keyof typeof BLOCK_PARAMETERS;

/** One value for each parameter of the block. */
export type BlockParameters<T> = Record<BlockParameter, T>;

/** The block's parameters as a checkpoint calls them. */
export const BLOCK_NAMES: Readonly<Record<BlockParameter, string>> = {
  norm1Weight: "ln_1.weight",
  norm1Bias: "ln_1.bias",
  qkvWeight: "attn.in_proj_weight",
  qkvBias: "attn.in_proj_bias",
  outWeight: "attn.out_proj.weight",
  outBias: "attn.out_proj.bias",
  norm2Weight: "ln_2.weight",
  norm2Bias: "ln_2.bias",
  fcWeight: "mlp.c_fc.weight",
  fcBias: "mlp.c_fc.bias",
  projWeight: "mlp.c_proj.weight",
  projBias: "mlp.c_proj.bias",
};

/** Feature maps of a convolution. */
export const CONV_FRAMES = 12;

/** Floating-point operations of a row's products; undefined where they are not what counts. */
export function flopsOf(row: TimedRow): number | undefined {
  switch (row.kind) {
    case "matmul":
      return 2 * row.m * row.k * row.n;
    case "block": {
      const { frames, tokens, width, hidden } = BLOCK;
      const linear = 2 * frames * tokens * width * (4 * width + 2 * hidden);
      const attention = 4 * frames * tokens ** 2 * width;
      // Two products for the gradients of each one.
      return (row.backward ? 3 : 1) * (linear + attention);
    }
    case "conv": {
      const { side, channels, backward } = row;
      return (backward ? 3 : 1) * 2 * CONV_FRAMES * side ** 2 * 9 * channels ** 2;
    }
    case "step": {
      const { videos, frames, words } = row, config = clipConfig("b32"), training = true;
      const video = videoFlops(config, { maxFrames: frames, training });
      return videos * (video + textFlops(config, words, { training }));
    }
    default:
      return undefined;
  }
}

/** The shapes in which a product's operands are stored. */
export function operandShapes({ form, m, k, n }: MatmulRow): [number[], number[]] {
  return [form === "atb" ? [k, m] : [m, k], form === "abt" ? [n, k] : [k, n]];
}

/** Uniform numbers around zero, of standard deviation `deviation`. */
export function noise(size: number, deviation = 1): Float32Array<ArrayBuffer> {
  const spread = Math.sqrt(12) * deviation;
  return Float32Array.from({ length: size }, () => (Math.random() - 0.5) * spread);
}

/** The first value of a parameter: weights small, scales one, biases zero. */
export function initial(name: BlockParameter): Float32Array<ArrayBuffer> {
  const shape: readonly number[] = BLOCK_PARAMETERS[name];
  const size = shape.reduce((a, b) => a * b);
  if (shape.length === 2) return noise(size, 0.02);
  return new Float32Array(size).fill(/norm.Weight/.test(name) ? 1 : 0);
}
