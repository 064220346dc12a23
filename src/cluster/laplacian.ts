/**
 * Laplacians of graphs.
 *
 * @module
 */
import source from "../../kernels/cluster/laplacian.wgsl" with { type: "text" };
import { UsageError } from "../errors.ts";
import { pointwiseGroups } from "../ops/grid.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";

const kernel = { name: "laplacian", source };

/** What {@link normalizedLaplacian} makes. */
export interface Laplacian {
  /** `[B, N, N]`. */
  readonly laplacian: Tensor<"f32">;
  /** The sum of each row of the graph: `[B, N]`. */
  readonly degree: Tensor<"f32">;
}

/**
 * The symmetrically normalised Laplacian `D^-1/2 (D - W) D^-1/2`, D the diagonal of the degrees (Ng, Jordan
 * and Weiss 2001). A token without edges, or with one that is NaN, is a component of its own: its row and
 * column are 0. No gradient flows through it.
 *
 * @param graph Weights W of 0 or above, `[B, N, N]`.
 * @throws {UsageError} for another shape.
 *
 * @example
 * ```ts ignore
 * const { laplacian, degree } = normalizedLaplacian(affinityGraph(tokens));
 * ```
 */
export function normalizedLaplacian(graph: Tensor): Laplacian {
  const { device, shape: [segments, tokens, columns], size } = graph;
  if (graph.shape.length !== 3 || tokens !== columns) {
    throw new UsageError(`normalizedLaplacian: graphs are [B, N, N], not [${graph.shape}]`);
  }
  const laplacian = empty(device, "f32", graph.shape, "laplacian");
  const degree = empty(device, "f32", [segments, tokens], "laplacian");
  using roots = empty(device, "f32", [segments, tokens], "laplacian");
  const bind = { w: graph, degree, roots, l: laplacian };
  for (const [entry, n] of [["degrees", segments * tokens], ["laplacian", size]] as const) {
    device.launch({
      kernel,
      entry,
      bind,
      params: { n, tokens },
      groups: pointwiseGroups(device, n),
    });
  }
  return { laplacian, degree };
}
