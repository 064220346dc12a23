/**
 * Losses over a similarity matrix in which several texts may belong to a video: those that the original
 * keeps from HowTo100M's code, and never uses.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { addScalar } from "../ops/affine.ts";
import { add, mul, sub } from "../ops/binary.ts";
import { concatRows } from "../ops/copy_rows.ts";
import { crossEntropy } from "../ops/cross_entropy.ts";
import { matmul } from "../ops/matmul.ts";
import { mean, sum } from "../ops/reduce.ts";
import { relu } from "../ops/relu.ts";
import { reshape } from "../ops/reshape.ts";
import { tidy } from "../tensor/scope.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";

/** Added to the similarity of what must not count: e to it is 0. */
const NEVER = -1e12;

/** The number of groups of `pairs` neighbours that a square matrix consists of. */
function groupsOf({ shape }: Tensor, pairs: number): number {
  const [n, columns] = shape;
  if (shape.length !== 2 || n !== columns || !(pairs >= 1) || n % pairs !== 0) {
    throw new UsageError(`similarities [${shape}] do not consist of groups of ${pairs} pairs`);
  }
  return n / pairs;
}

/** A matrix, element by element. */
function matrix(
  { device }: Tensor,
  rows: number,
  columns: number,
  at: (row: number, column: number) => number,
): Tensor {
  const data = Float32Array.from(
    { length: rows * columns },
    (_, i) => at(Math.floor(i / columns), i % columns),
  );
  return tensor(device, data, [rows, columns]);
}

/**
 * MIL-NCE (Miech et al., "End-to-end learning of visual representations from uncurated instructional
 * videos", CVPR 2020): of each group of `pairs` neighbouring pairs, all of which belong together, the
 * middle one is taken; the share of its group in the exponentials of its column and its row, logarithm,
 * negative, mean over the groups.
 *
 * @param similarity [n, n]: texts by videos, n a multiple of `pairs`.
 * @returns A scalar.
 * @throws {UsageError} if the matrix does not consist of such groups.
 *
 * Source: the reference's `MILNCELoss`.
 *
 * @example
 * ```ts ignore
 * const loss = milNceLoss(model.logits(batch), 2); // each video with two texts, side by side
 * ```
 */
export function milNceLoss(similarity: Tensor, pairs: number): Tensor {
  const groups = groupsOf(similarity, pairs), n = groups * pairs;
  return tidy(similarity.device, () => {
    const middle = (group: number) => group * pairs + Math.floor(pairs / 2);
    const inGroup = (group: number, i: number) => Math.floor(i / pairs) === group;
    const chosen = matrix(similarity, groups, n, (g, i) => i === middle(g) ? 1 : 0);
    const outside = matrix(similarity, groups, n, (g, i) => inGroup(g, i) ? 0 : NEVER);
    const inside = matrix(similarity, groups, n, (g, i) => inGroup(g, i) ? NEVER : 0);
    const fromVideo = matmul(chosen, similarity, { transposeB: true });
    const fromText = add(matmul(chosen, similarity), inside);
    const [a, b] = [fromVideo, fromText].map((x) => reshape(x, [groups, n, 1]));
    const all = reshape(concatRows(a, b), [groups, 2 * n]);
    // Both cross entropies subtract the same similarity from their logarithm of a sum.
    const targets = tensor(
      similarity.device,
      Int32Array.from({ length: groups }, (_, g) => middle(g)),
    );
    return sub(
      crossEntropy(all, { targets }),
      crossEntropy(add(fromVideo, outside), { targets }),
    );
  });
}

/** Options of {@link maxMarginLoss}. */
export interface MaxMarginOptions {
  /** By how much the right pair must win. */
  readonly margin: number;
  /** Weigh pairs of the same group against others; for groups of more than one pair. */
  readonly weighting?: {
    /** Pairs of a group. */
    readonly pairs: number;
    /** Share of the group's own pairs in the loss, between 0 and 1. */
    readonly hardNegativeRate: number;
  };
}

/**
 * The max-margin ranking loss: the mean over all elements of what each falls short of being `margin`
 * below the right pair of its row, and of its column.
 *
 * @param similarity [n, n].
 * @returns A scalar.
 * @throws {UsageError} if the matrix is not square, or does not consist of groups.
 *
 * Source: the reference's `MaxMarginRankingLoss`; Miech et al., "HowTo100M", ICCV 2019.
 *
 * @example
 * ```ts ignore
 * const loss = maxMarginLoss(model.logits(batch), { margin: 0.1 });
 * ```
 */
export function maxMarginLoss(similarity: Tensor, options: MaxMarginOptions): Tensor {
  const { margin, weighting } = options;
  const groups = groupsOf(similarity, weighting?.pairs ?? 1), [n] = similarity.shape;
  return tidy(similarity.device, () => {
    const diagonal = sum(mul(similarity, matrix(similarity, n, n, (i, j) => i === j ? 1 : 0)), 1);
    const raised = addScalar(similarity, margin);
    const losses = add(
      relu(sub(raised, reshape(diagonal, [n, 1]))),
      relu(sub(raised, reshape(diagonal, [1, n]))),
    );
    if (!weighting || weighting.pairs === 1 || groups === 1) return mean(losses);
    const { pairs, hardNegativeRate: hard } = weighting;
    const own = groups * hard, other = groups * (1 - hard) / (groups - 1);
    const weights = matrix(
      similarity,
      n,
      n,
      (i, j) => Math.floor(i / pairs) === Math.floor(j / pairs) ? own : other,
    );
    return mean(mul(losses, weights));
  });
}
