/**
 * The tokens nearest to given centroids.
 *
 * @module
 */
import source from "../../kernels/cluster/nearest.wgsl" with { type: "text" };
import { pointwiseGroups } from "../ops/grid.ts";
import { tidy } from "../tensor/scope.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import type { Clusters } from "./k_medoids.ts";
import { pairwiseDistance } from "./distance.ts";

const kernel = { name: "nearest", source };

/** What {@link nearestTokens} finds. */
export type Nearest = Pick<Clusters, "medoids" | "assignment">;

/**
 * Assigns every token to its nearest centroid and picks, for each centroid, the nearest of its tokens
 * (the first token of the segment where it has none). No gradient flows through the choice.
 *
 * @param tokens `[B, N, D]`
 * @param centroids `[B, K, D]`
 * @returns The medoids `[B, K]`, ascending, a token that stands for several centroids as often; and the
 *   assignment `[B, N]` to the centroids in their own order.
 */
export function nearestTokens(tokens: Tensor, centroids: Tensor): Nearest {
  const [medoids, assignment] = tidy(tokens.device, () => {
    const found = nearestBy(pairwiseDistance(tokens, centroids, { squared: true }));
    return [found.medoids, found.assignment];
  });
  return { medoids, assignment };
}

/** {@link nearestTokens} by their distances, `[B, N, K]`. */
export function nearestBy(d: Tensor): Nearest {
  const { device } = d, [segments, tokens, k] = d.shape;
  const launch = (entry: string, n: number, bind: Record<string, Tensor>) =>
    device.launch({
      kernel,
      entry,
      bind,
      params: { n, tokens, k },
      groups: pointwiseGroups(device, n),
    });
  const assignment = empty(device, "i32", [segments, tokens], "nearest");
  launch("assign", segments * tokens, { d, assignment });
  using chosen = empty(device, "i32", [segments, k], "nearest");
  launch("choose", segments * k, { d, assignment, chosen });
  const medoids = empty(device, "i32", [segments, k], "nearest");
  launch("order", segments * k, { chosen, medoids });
  return { medoids, assignment };
}
