/**
 * Cross entropy of logits, with its gradient in one kernel.
 *
 * @module
 */
import source from "../../kernels/norm/cross_entropy.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp, type Input } from "./define.ts";
import { pointwiseGroups } from "./grid.ts";
import { mean } from "./reduce.ts";
import { planRows } from "./rows.ts";

const kernel = { name: "cross_entropy", source };

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions {
  /** The right class of each row, i32 or u32 [rows]; by default row `i` belongs to class `i`. */
  readonly targets?: Tensor;
  /** Classify the columns of the logits instead of the rows. */
  readonly transpose?: boolean;
}

const op = defineOp<[Tensor, Input], { transpose: boolean }>({
  name: "crossEntropy",
  forward([logits, targets], { transpose }, save) {
    const { device } = logits;
    const [rows, classes] = transpose ? logits.shape.toReversed() : logits.shape;
    const losses = empty(device, "f32", [rows], "crossEntropy");
    const stats = empty(device, "f32", [rows, 2], "crossEntropy");
    const { consts: { TEAM, LANES }, groups } = planRows(device, rows, classes);
    device.launch({
      kernel,
      entry: "forward",
      consts: { TEAM, LANES, TRANSPOSED: transpose, DIAGONAL: !targets },
      // Something must be bound, though the diagonal reads no targets.
      bind: { logits, targets: targets ?? logits, losses, stats },
      params: { rows, classes },
      groups,
    });
    save(logits, targets, stats);
    const loss = mean(losses);
    losses.dispose();
    return loss;
  },
  gradient(dloss, { saved: [logits, targets, stats], attributes: { transpose } }) {
    const { device, shape, size } = logits!;
    const [rows, classes] = transpose ? shape.toReversed() : shape;
    const dlogits = empty(device, "f32", shape, "crossEntropy");
    device.launch({
      kernel,
      entry: "backward",
      consts: { TRANSPOSED: transpose, DIAGONAL: !targets },
      bind: {
        logits: logits!,
        targets: targets ?? logits!,
        saved: stats!,
        dloss,
        dlogits,
      },
      params: { rows, classes },
      groups: pointwiseGroups(device, size),
    });
    return [dlogits];
  },
});

/**
 * The mean over the rows of `logits` [rows, classes] of `-log softmax(row)[target]`, a tensor of shape
 * `[]`. InfoNCE (van den Oord et al., 2018) is the mean of this and its transpose.
 *
 * @throws {RangeError} if the logits are no matrix, or the targets do not fit the rows.
 *
 * @example
 * ```ts ignore
 * const loss = crossEntropy(logits, { targets });
 * ```
 */
export function crossEntropy(logits: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { targets, transpose = false } = options;
  if (logits.shape.length !== 2) throw new RangeError(`logits [${logits.shape}] are no matrix`);
  const [rows, classes] = transpose ? logits.shape.toReversed() : logits.shape;
  if (targets ? targets.size !== rows : rows > classes) {
    throw new RangeError(
      targets
        ? `${targets.size} targets for ${rows} rows`
        : `the diagonal of [${logits.shape}] does not give every ${
          transpose ? "column" : "row"
        } a class`,
    );
  }
  return op([logits, targets], { transpose });
}
