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

/**
 * Assigns every token to its nearest centroid and picks, for each centroid, the nearest of its tokens
 * (the first token of the segment where it has none). No gradient flows through the choice.
 *
 * @param tokens `[B, N, D]`
 * @param centroids `[B, K, D]`
 * @returns The medoids `[B, K]`, ascending, a token that stands for several centroids as often; and the
 *   assignment `[B, N]` to the centroids in their own order.
 */
export function nearestTokens(
  tokens: Tensor,
  centroids: Tensor,
): Pick<Clusters, "medoids" | "assignment"> {
  const { device } = tokens;
  const [segments, n] = tokens.shape, k = centroids.shape[1];
  const [medoids, assignment] = tidy(device, () => {
    const d = pairwiseDistance(tokens, centroids, { squared: true });
    const assignment = empty(device, "i32", [segments, n], "nearest");
    const chosen = empty(device, "i32", [segments, k], "nearest");
    const medoids = empty(device, "i32", [segments, k], "nearest");
    const launch = (entry: string, n_: number, bind: Record<string, Tensor>) =>
      device.launch({
        kernel,
        entry,
        bind,
        params: { n: n_, tokens: n, k },
        groups: pointwiseGroups(device, n_),
      });
    launch("assign", segments * n, { d, assignment });
    launch("choose", segments * k, { d, assignment, chosen });
    launch("order", segments * k, { chosen, medoids });
    return [medoids, assignment];
  });
  return { medoids, assignment };
}
