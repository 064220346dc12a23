/**
 * Graphs of the tokens of a segment.
 *
 * @module
 */
import source from "../../kernels/cluster/affinity.wgsl" with { type: "text" };
import { UsageError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import { pointwiseGroups } from "../ops/grid.ts";
import { tidy } from "../tensor/scope.ts";
import { empty, type Tensor, tensor } from "../tensor/tensor.ts";
import { distances } from "./distance.ts";
import { plainLayout, tokensOf } from "./layout.ts";
import { type ReadyTokens, readyTokens } from "./tokens.ts";

const kernel = { name: "affinity", source };

/** Which tokens are near each other in a segment of frames. */
export interface SpatialTemporalOptions {
  /** Tokens of a frame, which lie on a grid of `floor(sqrt(tokensPerFrame))` a side, row by row. */
  readonly tokensPerFrame: number;
  /** Width of the window in rows and columns of the grid: near is at most half of it away. */
  readonly spatialKernel: number;
  /** Width of the window in frames. */
  readonly temporalKernel: number;
}

/** Options of {@link affinityGraph}. */
export interface AffinityOptions {
  /** Width of the heat kernel, in the unit of the tokens. Default 2. */
  readonly sigma?: number;
  /**
   * Keep the weights of so many nearest tokens of each, itself included, and of those that have it among
   * theirs; ties stay. Default: all.
   */
  readonly neighbours?: number;
  /** Keep only weights between tokens that are near in space and time. */
  readonly near?: SpatialTemporalOptions;
}

/** Tokens of a row of a frame's grid. */
function sideOf({ tokensPerFrame }: SpatialTemporalOptions): number {
  return Math.floor(Math.sqrt(tokensPerFrame));
}

/**
 * Whether weights limited to near tokens are symmetric: tokens beyond the square grid are near to others,
 * and none to them.
 */
export function isSymmetric({ near }: AffinityOptions): boolean {
  return !near || sideOf(near) ** 2 === near.tokensPerFrame;
}

function launch(
  entry: string,
  w: Tensor,
  { near, neighbours = 0 }: AffinityOptions,
  values: { n?: number; factor?: number; thresholds?: Tensor } = {},
): void {
  const { device, shape: [, tokens] } = w;
  const { n = w.size, factor = 0, thresholds } = values;
  device.launch({
    kernel,
    entry,
    bind: { w, ...thresholds && { thresholds } },
    params: {
      n,
      tokens,
      k: Math.min(neighbours, tokens),
      factor,
      frame_tokens: near?.tokensPerFrame ?? 1,
      side: near ? sideOf(near) : 1,
      reach_s: Math.floor((near?.spatialKernel ?? 0) / 2),
      reach_t: Math.floor((near?.temporalKernel ?? 0) / 2),
    },
    groups: pointwiseGroups(device, n),
  });
}

/** Records the graphs of `count` segments from `first` on, `[count, N, N]`. */
export function affinities(
  tokens: ReadyTokens,
  options: AffinityOptions,
  first = 0,
  count = tokens.layout.segments,
): Tensor<"f32"> {
  const { sigma = 2, neighbours, near } = options;
  const w = distances(tokens, undefined, { squared: true }, undefined, first, count);
  const { device, shape: [, n] } = w;
  // 0 times infinity has no place in a kernel; a narrower one than this leaves no weights either way.
  const factor = Math.min(1 / (2 * sigma * sigma), 1e38);
  launch("heat", w, options, { factor });
  if (neighbours !== undefined) {
    const thresholds = empty(device, "u32", [count, n], "affinity");
    launch("nearest", w, options, { n: count * n, thresholds });
    launch("keep", w, options, { thresholds });
  }
  if (near) launch("near", w, options);
  return w;
}

/**
 * The weights of the edges between tokens: the heat kernel `exp(-|x_i - x_j|^2 / (2 sigma^2))`, where asked
 * for only of nearest neighbours or of tokens that are near in space and time. From differences, so that a
 * token's own weight is exactly 1. A token that is not finite has weight NaN to itself and 0 to others.
 * No gradient flows through it.
 *
 * @param tokens `[B, N, D]` or `[N, D]`, f32.
 * @returns `[B, N, N]` or `[N, N]`; the element `[i, j]` is 0 where j is not near i.
 * @throws {UsageError} if an option is out of range.
 *
 * @example
 * ```ts ignore
 * const weights = affinityGraph(tokens, { sigma: 2, neighbours: 10 });
 * ```
 */
export function affinityGraph(tokens: Tensor, options: AffinityOptions = {}): Tensor<"f32"> {
  const layout = plainLayout(tokens.shape, "affinityGraph");
  checkAffinity(options, tokensOf(layout));
  return tidy(tokens.device, () => {
    const w = affinities(readyTokens(tokens, layout), options);
    return tokens.shape.length === 2 ? w.reshape(w.shape.slice(1)) : w;
  });
}

/**
 * Which of `n` tokens are near each other in space and time: `[1, n, n]`, 1 in row i and column j where the
 * token j lies on the grid of its frame within the window around token i, else 0 (the original's buffer
 * `spg`).
 *
 * @throws {UsageError} if the tokens are no whole frames.
 *
 * @example
 * ```ts ignore
 * const graph = spatialTemporalGraph(device, 98, {
 *   tokensPerFrame: 49,
 *   spatialKernel: 9,
 *   temporalKernel: 7,
 * });
 * ```
 */
export function spatialTemporalGraph(
  device: Device,
  n: number,
  near: SpatialTemporalOptions,
): Tensor<"f32"> {
  checkAffinity({ near }, n);
  const graph = tensor(device, new Float32Array(n * n).fill(1), [1, n, n]);
  launch("near", graph, { near });
  return graph;
}

/**
 * Checks options against segments of `n` tokens.
 *
 * @throws {UsageError} if one is out of range.
 */
export function checkAffinity({ sigma = 2, neighbours = 1, near }: AffinityOptions, n: number) {
  if (!(sigma > 0 && sigma < Infinity)) {
    throw new UsageError(`affinity: sigma is ${sigma}, not a positive number`);
  }
  if (!Number.isInteger(neighbours) || neighbours < 1) {
    throw new UsageError(`affinity: neighbours is ${neighbours}, not 1 or more`);
  }
  if (!near) return;
  for (const [name, value] of Object.entries(near)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new UsageError(`affinity: ${name} is ${value}, not 1 or more`);
    }
  }
  if (n % near.tokensPerFrame !== 0) {
    throw new UsageError(
      `affinity: ${n} tokens are no whole frames of ${near.tokensPerFrame} tokens`,
    );
  }
}
