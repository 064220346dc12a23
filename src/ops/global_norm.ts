/**
 * The norm of all gradients together, and clipping by it, without a readback.
 *
 * @module
 */
import source from "../../kernels/optim/global_norm.wgsl" with { type: "text" };
import { tidy } from "../tensor/scope.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { pointwiseGroups } from "./grid.ts";
import { sum } from "./reduce.ts";

const kernel = { name: "global_norm", source };

const LANES = 64;
/** Vectors of four that one lane sums. */
const CHUNK = 64;
/** The largest f32. */
export const LARGEST = 3.4028234663852886e38;
/** Each entry point reads some of the parameters only. */
const NONE = { n: 0, parts: 0, at: 0, max_norm: 0 };

/** Options of {@link globalNorm}. */
export interface ClipOptions {
  /** The norm above which gradients are scaled down. Default: none. */
  readonly maxNorm?: number;
  /** f32, one element: a factor that the gradients carry, a loss scale. Default: none. */
  readonly scale?: Tensor<"f32">;
}

/** Sums of the squares of tensors, in parts. */
export interface SquareSums {
  /** f32: the sums of all parts of all tensors. */
  readonly partials: Tensor<"f32">;
  /** Where those of each tensor begin, and how many they are. */
  readonly ranges: readonly { readonly at: number; readonly parts: number }[];
}

/**
 * Sums the squares of each tensor's elements, in a fixed order.
 *
 * @throws {RangeError} if there are no tensors.
 */
export function sumSquares(tensors: readonly Tensor[]): SquareSums {
  if (tensors.length === 0) throw new RangeError("globalNorm: there are no tensors");
  const { device } = tensors[0];
  const lanes = device.info.maxWorkgroups * LANES;
  let count = 0;
  const ranges = tensors.map(({ size }) => {
    const parts = Math.min(Math.ceil(size / (4 * CHUNK)), lanes);
    count += parts;
    return { at: count - parts, parts };
  });
  const partials = empty(device, "f32", [count], "globalNorm");
  tensors.forEach((grad, i) => {
    const params = { ...NONE, n: grad.size, ...ranges[i] };
    const groups = [Math.ceil(ranges[i].parts / LANES)] as const;
    device.launch({ kernel, entry: "partial", bind: { grad, partials }, params, groups });
  });
  return { partials, ranges };
}

/** What {@link globalNorm} returns, of tensors whose squares are summed already. */
export function normOf(
  { partials }: SquareSums,
  { maxNorm = Infinity, scale }: ClipOptions = {},
): Tensor<"f32"> {
  const { device } = partials;
  return tidy(device, () => {
    const result = empty(device, "f32", [4], "globalNorm");
    const bind = { total: sum(partials), result };
    device.launch({
      kernel,
      ...scale
        ? { entry: "unscaled", bind: { ...bind, loss_scale: scale } }
        : { entry: "coefficient", bind },
      params: { ...NONE, max_norm: Math.min(maxNorm, LARGEST) },
      groups: [1],
    });
    return result;
  });
}

/**
 * The L2 norm of all elements of `tensors`, and the coefficient that brings it down to `maxNorm`.
 *
 * The sum of the elements' squares has to fit f32: a norm beyond 1.8e19 counts as not finite.
 *
 * Gradients of a scaled loss are clipped as if it had not been: with `scale`, the norm is divided by it, and
 * the coefficient takes it out of the gradients.
 *
 * @returns f32 [4]: the norm; `min(1, maxNorm / (norm + 1e-6)) / scale`; 1 where the norm is finite, else 0; 0.
 * @throws {RangeError} if there are no tensors.
 *
 * Source: PyTorch's `torch.nn.utils.clip_grad_norm_`.
 *
 * @example
 * ```ts ignore
 * const [norm] = await globalNorm(gradients).data();
 * ```
 */
export function globalNorm(tensors: readonly Tensor[], options: ClipOptions = {}): Tensor<"f32"> {
  const squares = sumSquares(tensors);
  const clip = normOf(squares, options);
  squares.partials.dispose();
  return clip;
}

/**
 * Scales `gradients` in place so that their global norm is at most `maxNorm`. An optimiser that takes the
 * coefficient itself needs {@link globalNorm} only.
 *
 * @returns What {@link globalNorm} returns, of the gradients as they were.
 * @throws {RangeError} if there are no gradients.
 *
 * @example
 * ```ts ignore
 * clipGradients(gradients, 1); // their norm together is at most 1 now
 * ```
 */
export function clipGradients(gradients: readonly Tensor[], maxNorm: number): Tensor<"f32"> {
  const clip = globalNorm(gradients, { maxNorm });
  for (const scaled of gradients) {
    const { device, size: n } = scaled;
    const params = { ...NONE, n };
    const groups = pointwiseGroups(device, Math.ceil(n / 4));
    device.launch({ kernel, entry: "scale", bind: { scaled, clip }, params, groups });
  }
  return clip;
}
