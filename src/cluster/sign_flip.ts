/**
 * Signs of singular vectors.
 *
 * @module
 */
import source from "../../kernels/cluster/sign_flip.wgsl" with { type: "text" };
import { UsageError } from "../errors.ts";
import { pointwiseGroups } from "../ops/grid.ts";
import { tidy } from "../tensor/scope.ts";
import { sameShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";

const kernel = { name: "sign_flip", source };

function launch(entry: string, bind: Record<string, Tensor>, u: Tensor, count: number, zero = 0) {
  const { device, shape: [, n, k] } = u;
  const params = { count, n, k, zero };
  device.launch({ kernel, entry, bind, params, groups: pointwiseGroups(device, count) });
}

/**
 * Gives singular vectors a sign that does not depend on who computed them: column j is multiplied by
 * `sign(sum_i sign(p_ij) p_ij^2)`, with p_j = S_j V_j (after Bro, Acar and Kolda 2008, in the original's
 * variant). No gradient flows through it.
 *
 * @param u Left singular vectors as columns, `[B, N, K]`.
 * @param p The right ones times their singular values, as columns, `[B, N, K]`.
 * @param zero The factor where the sum is 0. Default 1; the original's is 0, which loses the column.
 * @throws {UsageError} if the shapes differ.
 *
 * @example
 * ```ts ignore
 * const flipped = signFlip(u, scaledV);
 * ```
 */
export function signFlip(u: Tensor, p: Tensor, zero: 0 | 1 = 1): Tensor<"f32"> {
  if (u.shape.length !== 3 || !sameShape(u.shape, p.shape)) {
    throw new UsageError(`signFlip: [${u.shape}] and [${p.shape}] are not both [B, N, K]`);
  }
  const { device, shape: [segments, , k] } = u;
  return tidy(device, () => {
    const s = empty(device, "f32", [segments, k], "signFlip");
    const y = empty(device, "f32", u.shape, "signFlip");
    launch("signs", { p, s }, u, s.size, zero);
    launch("flip", { u, s, y }, u, y.size);
    return y;
  });
}

/** Makes the rows of `y` `[B, N, K]` NaN, in place, where `marks` `[B, N]` is. */
export function markRows(y: Tensor, marks: Tensor): void {
  launch("mark", { marks, y }, y, y.size);
}
