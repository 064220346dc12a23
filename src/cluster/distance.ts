/**
 * Distances between tokens.
 *
 * @module
 */
import tiled from "../../kernels/cluster/distance.wgsl" with { type: "text" };
import subgroups from "../../kernels/cluster/distance_subgroup.wgsl" with { type: "text" };
import { UsageError } from "../errors.ts";
import { smallSubgroup } from "../ops/small_subgroup.ts";
import { tidy } from "../tensor/scope.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { plainLayout, tokensOf } from "./layout.ts";
import { type ReadyTokens, readyTokens, tokenNorms } from "./tokens.ts";

const tiledKernel = { name: "distance", source: tiled };
const subgroupKernel = { name: "distance_subgroup", source: subgroups };

/** A distance between tokens. */
export interface Metric {
  /**
   * `euclidean`: the p-norm of the difference. `cosine`: one minus the cosine, norms taken as at least
   * 1e-6 (1e-6 is added). Default `euclidean`.
   */
  readonly distance?: "euclidean" | "cosine";
  /** The order of the norm of `euclidean`, above 0. Default 2. */
  readonly p?: number;
}

/** Options of {@link pairwiseDistance}. */
export interface PairwiseOptions extends Metric {
  /** The sum of squares instead of its root; for `euclidean` with p = 2. Default false. */
  readonly squared?: boolean;
}

/** The kernels' number of a metric. */
function metricCode({ distance = "euclidean", p = 2, squared = false }: PairwiseOptions): number {
  if (distance !== "euclidean" && distance !== "cosine") {
    throw new UsageError(`distance "${distance}" is not known; take "euclidean" or "cosine"`);
  }
  if (!(p > 0 && p < Infinity)) throw new UsageError(`distance: p is ${p}, not a positive number`);
  if (squared && (distance !== "euclidean" || p !== 2)) {
    throw new UsageError("distance: only euclidean distances with p = 2 have a squared form");
  }
  if (distance === "cosine") return 0;
  return squared ? 1 : p === 1 ? 2 : p === 2 ? 3 : 4;
}

/** Operations an element of a pair, by the metric's number: powers count as none. */
const OPERATIONS = [2, 3, 2, 3, 2];

/**
 * Records the distances between `x` and `y` (`x` with itself where left out) of `count` segments from
 * `first` on, `[count, N, M]`.
 */
export function distances(
  x: ReadyTokens,
  y: ReadyTokens | undefined,
  options: PairwiseOptions,
  norms: { x: Tensor; y: Tensor } | undefined,
  first = 0,
  count = x.layout.segments,
): Tensor<"f32"> {
  const { device } = x.tokens;
  const { frames, skip, patches, width } = x.layout;
  const other = y ?? x;
  const n = tokensOf(x.layout), m = tokensOf(other.layout);
  const d = empty(device, "f32", [count, n, m], "distance");
  const lanes = smallSubgroup(device);
  const [tileX, tileY] = lanes ? [2 * lanes, 16] : [32, 32];
  const metric = metricCode(options);
  const pairs = y ? n * m : n * (n - 1) / 2;
  device.launch({
    kernel: lanes ? subgroupKernel : tiledKernel,
    entry: "main",
    consts: { METRIC: metric, SELF: !y, ...(lanes ? { L: lanes } : {}) },
    bind: {
      x: x.tokens,
      y: other.tokens,
      // Only the cosine reads norms; a binding needs a buffer all the same.
      x_norms: norms?.x ?? x.tokens,
      y_norms: norms?.y ?? x.tokens,
      d,
    },
    params: {
      n,
      m,
      width: width / 4,
      first,
      frames,
      skip,
      x_patches: patches,
      y_patches: other.layout.patches,
      p: options.p ?? 2,
    },
    groups: [Math.ceil(m / tileX), Math.ceil(n / tileY), count],
    flops: OPERATIONS[metric] * count * pairs * width,
  });
  return d;
}

/**
 * The distance of every token of `x` to every token of `y`, or of `x` itself. Computed from differences:
 * equal tokens are exactly 0 apart (euclidean). No gradient flows through it.
 *
 * @param x `[B, N, D]` or `[N, D]`, f32.
 * @param y `[B, M, D]` or `[M, D]`, f32; default `x`.
 * @returns `[B, N, M]` or `[N, M]`.
 * @throws {UsageError} if the shapes do not go together or the metric is not known.
 *
 * @example
 * ```ts ignore
 * const d = pairwiseDistance(tokens, centres, { distance: "cosine" });
 * ```
 */
export function pairwiseDistance(
  x: Tensor,
  y?: Tensor,
  options: PairwiseOptions = {},
): Tensor<"f32"> {
  const layout = plainLayout(x.shape, "distance");
  const others = y ? plainLayout(y.shape, "distance") : layout;
  if (
    y && (y.shape.length !== x.shape.length || others.width !== layout.width ||
      others.segments !== layout.segments)
  ) {
    throw new UsageError(`distance: tokens [${x.shape}] and [${y.shape}] do not go together`);
  }
  return tidy(x.device, () => {
    const a = readyTokens(x, layout), b = y && readyTokens(y, others);
    let norms;
    if (options.distance === "cosine") {
      const xNorms = tokenNorms(a);
      norms = { x: xNorms, y: b ? tokenNorms(b) : xNorms };
    }
    const d = distances(a, b, options, norms);
    return x.shape.length === 2 ? d.reshape(d.shape.slice(1)) : d;
  });
}
