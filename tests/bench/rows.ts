/**
 * What is timed: one row for each figure, the same for this project and its peers.
 *
 * @module
 */

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

/** k-medoids over `segments` segments of `tokens` tokens. */
export interface KMedoidsRow {
  readonly kind: "kmedoids";
  readonly segments: number;
  readonly tokens: number;
  readonly width: number;
  readonly k: number;
}

/** The k smallest eigenvectors of `matrices` normalised Laplacians of `n` nodes. */
export interface EigenRow {
  readonly kind: "eigen";
  readonly matrices: number;
  readonly n: number;
  readonly k: number;
}

/** One row. */
export type Row = MatmulRow | BlockRow | ConvRow | KMedoidsRow | EigenRow;

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

const forms = ["ab", "abt", "atb"] as const;
/** M, K, N of ViT-B/32's products over 600 tokens: to the hidden width, back from it, and to QKV. */
const shapes = [[600, 768, 3072], [600, 3072, 768], [600, 768, 2304]] as const;
/** Side and channels of the maps that RN50's first and last stage convolve. */
const convolutions = [[56, 64], [7, 512]] as const;
/** Feature maps of a convolution. */
export const CONV_FRAMES = 12;
/** Segments, tokens and centres of the clusterings that the original was timed at. */
const clusterings = [[16, 98, 49], [16, 196, 49], [4, 588, 160]] as const;

/** Matrices, rows and vectors of the spectral clusterings of the same segments. */
const eigenproblems = [[4, 98, 49], [4, 196, 49], [4, 392, 160], [4, 588, 160]] as const;

/** Every row by its name. */
export const ROWS: ReadonlyMap<string, Row> = new Map<string, Row>([
  ["matmul_1024", { kind: "matmul", form: "ab", m: 1024, k: 1024, n: 1024 }],
  ...shapes.flatMap(([m, k, n]) =>
    forms.map((form): [string, Row] => [
      `matmul_${m}_${k}_${n}_${form}`,
      { kind: "matmul", form, m, k, n },
    ])
  ),
  ["block_forward", { kind: "block", backward: false }],
  ["block_backward", { kind: "block", backward: true }],
  ...convolutions.flatMap(([side, channels]) =>
    [false, true].map((backward): [string, Row] => [
      `conv_${side}_${channels}_${backward ? "backward" : "forward"}`,
      { kind: "conv", side, channels, backward },
    ])
  ),
  ...clusterings.map(([segments, tokens, k]): [string, Row] => [
    `kmedoids_${segments}_${tokens}_${k}`,
    { kind: "kmedoids", segments, tokens, width: BLOCK.width, k },
  ]),
  ...eigenproblems.map(([matrices, n, k]): [string, Row] => [
    `eigen_${matrices}_${n}_${k}`,
    { kind: "eigen", matrices, n, k },
  ]),
]);

/** Floating-point operations of a row's products; undefined where they are not what counts. */
export function flopsOf(row: Row): number | undefined {
  if (row.kind === "matmul") return 2 * row.m * row.k * row.n;
  if (row.kind === "kmedoids" || row.kind === "eigen") return undefined;
  if (row.kind === "conv") {
    const { side, channels, backward } = row;
    return (backward ? 3 : 1) * 2 * CONV_FRAMES * side ** 2 * 9 * channels ** 2;
  }
  const { frames, tokens, width, hidden } = BLOCK;
  const linear = 2 * frames * tokens * width * (4 * width + 2 * hidden);
  const attention = 4 * frames * tokens ** 2 * width;
  // Two products for the gradients of each one.
  return (row.backward ? 3 : 1) * (linear + attention);
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
