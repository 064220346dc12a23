/**
 * Batch normalisation.
 *
 * @module
 */
import source from "../../kernels/norm/batch_norm.wgsl" with { type: "text" };
import type { Launch } from "../gpu/device.ts";
import { BYTES } from "../tensor/dtype.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp, type Input } from "./define.ts";
import { POINTWISE_LANES } from "./grid.ts";
import { sum } from "./reduce.ts";
import { rowsOf } from "./rows.ts";
import { vectorsOf } from "./vectors.ts";

const kernel = { name: "batch_norm", source };

/** Rows of a part, and pairs of moments that are joined at once. */
const CHUNK = 64;
const COLUMN_LANES = 64;

/** What a batch norm has seen: buffers, which training changes in place and no gradient reaches. */
export interface RunningStatistics {
  /** Mean of each channel. */
  readonly mean: Tensor;
  /** Variance of each channel, unbiased. */
  readonly variance: Tensor;
  /** Batches seen: one f32. */
  readonly batches: Tensor;
}

/** Options of {@link batchNorm}. */
export interface BatchNormOptions {
  /** Normalise by the batch's own statistics and move the running ones; else by the running ones. */
  readonly training?: boolean;
  /** Added before the activation: the shape of `x`. */
  readonly residual?: Tensor;
  /** ReLU at the end. */
  readonly relu?: boolean;
  /** Share of a batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

interface Attributes {
  readonly running: RunningStatistics;
  readonly training: boolean;
  readonly relu: boolean;
  readonly momentum: number;
  readonly eps: number;
}

/** How an entry point is launched over x [rows, width]. */
interface Call extends Pick<Launch, "entry" | "bind" | "consts"> {
  /** Parts of the rows whose columns the lanes take; absent where a lane takes an element. */
  readonly parts?: number;
  /** Rows of one pair that `merge` reads. */
  readonly span?: number;
}

function launch(x: Tensor, { eps, momentum }: Attributes, call: Call): void {
  const { entry, bind, consts, parts, span = 1 } = call;
  const { rows, width: floats } = rowsOf(x.shape), { T, width } = vectorsOf(floats);
  const n = rows * width;
  const groups = Math.ceil(
    parts === undefined ? n / POINTWISE_LANES : parts * width / COLUMN_LANES,
  );
  x.device.launch({
    kernel,
    entry,
    consts: { T, ...consts },
    bind,
    params: { n, rows, width, parts: parts ?? 0, span, eps, momentum },
    groups: [Math.min(groups, x.device.info.maxWorkgroups)],
  });
}

/** Mean and squared deviations of every column, [2, width], through a tree of parts. */
function momentsOf(x: Tensor, attributes: Attributes): Tensor {
  const { rows, width } = rowsOf(x.shape);
  const pairs = (parts: number) => empty(x.device, "f32", [parts, 2, width], "batchNorm");
  let parts = Math.ceil(rows / CHUNK), current = pairs(parts);
  launch(x, attributes, { entry: "moments", bind: { x, out: current }, parts });
  for (let span = CHUNK; parts > 1; span *= CHUNK) {
    parts = Math.ceil(parts / CHUNK);
    const out = pairs(parts);
    launch(x, attributes, { entry: "merge", bind: { pairs: current, out }, parts, span });
    current = out;
  }
  return current;
}

/** Mean and 1 / sqrt(variance + eps) of every column, [2, width]; in training, of this batch. */
function statisticsOf(x: Tensor, attributes: Attributes): Tensor {
  const { rows, width } = rowsOf(x.shape);
  const { training, running: { mean, variance, batches } } = attributes;
  const out = empty(x.device, "f32", [2, width], "batchNorm");
  const bind = { running_mean: mean, running_var: variance, out };
  if (!training || rows === 0) {
    launch(x, attributes, { entry: "recall", bind, parts: 1 });
  } else {
    const pairs = momentsOf(x, attributes);
    launch(x, attributes, { entry: "finish", bind: { ...bind, pairs, count: batches }, parts: 1 });
  }
  return out;
}

const op = defineOp<[x: Tensor, gamma: Tensor, beta: Tensor, residual: Input], Attributes>({
  name: "batchNorm",
  forward([x, gamma, beta, residual], attributes, save) {
    const { relu } = attributes;
    const stats = statisticsOf(x, attributes);
    const y = empty(x.device, "f32", x.shape, "batchNorm");
    launch(x, attributes, {
      entry: "forward",
      consts: { RELU: relu, RESIDUAL: !!residual },
      bind: { x, gamma, beta, residual: residual ?? x, stats, y },
    });
    save(x, gamma, stats, relu ? y : undefined);
    return y;
  },
  gradient(dy, { saved: [x, gamma, stats, y], needs, attributes }) {
    const { device, shape } = x!, { rows, width } = rowsOf(shape);
    const consts = { RELU: attributes.relu };
    const bind = { x: x!, stats: stats!, dy, y_in: y ?? x! };
    const parts = Math.ceil(rows / CHUNK);
    const partial = empty(device, "f32", [parts, 2, width], "batchNorm");
    launch(x!, attributes, { entry: "parameters", consts, bind: { ...bind, out: partial }, parts });
    const sums = sum(partial, 0);

    const dx = empty(device, "f32", shape, "batchNorm");
    const dresidual = needs[3] ? empty(device, "f32", shape, "batchNorm") : undefined;
    launch(x!, attributes, {
      entry: dresidual ? "backward_both" : "backward",
      consts: { ...consts, TRAINING: attributes.training },
      bind: { ...bind, gamma: gamma!, sums, dx, ...dresidual && { dresidual } },
    });
    const row = (i: number) => {
      const part = empty(device, "f32", [width], "batchNorm"), bytes = width * BYTES.f32;
      device.copy(sums, i * bytes, part, 0, bytes);
      return part;
    };
    return [dx, needs[1] ? row(1) : undefined, needs[2] ? row(0) : undefined, dresidual];
  },
});

/**
 * `act(gamma * (x - mean) / sqrt(var + eps) + beta + residual)` over all but the last dimension, the
 * channels. In training mean and biased variance are the batch's, and the running statistics move towards
 * them in place, the variance unbiased; in evaluation they are the running ones (Ioffe and Szegedy, "Batch
 * normalization", ICML '15; as PyTorch's `BatchNorm2d`).
 *
 * A block that runs twice, as under `checkpoint()`, moves the running statistics twice.
 *
 * @param x [.., channels].
 * @throws {RangeError} if the shapes do not fit, or one value a channel is to be normalised by itself.
 *
 * @example
 * ```ts ignore
 * const running = { mean, variance, batches };
 * const y = batchNorm(x, gamma, beta, running, { training: true, relu: true });
 * ```
 */
export function batchNorm(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  running: RunningStatistics,
  options: BatchNormOptions = {},
): Tensor {
  const { training = false, relu = false, momentum = 0.1, eps = 1e-5, residual } = options;
  const { rows, width } = rowsOf(x.shape);
  const sizes = [gamma, beta, running.mean, running.variance].map(({ size }) => size);
  if (sizes.some((size) => size !== width) || (residual && residual.size !== x.size)) {
    throw new RangeError(`batchNorm: [${x.shape}] with parameters of ${sizes} channels`);
  }
  if (running.batches.dtype !== "f32") {
    throw new RangeError(`batchNorm: batches are counted as f32, not ${running.batches.dtype}`);
  }
  if (training && rows === 1) {
    throw new RangeError(`batchNorm: [${x.shape}] has one value a channel, and so no variance`);
  }
  return op([x, gamma, beta, residual], { running, training, relu, momentum, eps });
}
