/**
 * The layer between two blocks where it clusters: centres stand for the tokens of a segment.
 *
 * @module
 */
import { add, mul } from "../ops/binary.ts";
import { concatRows, sliceRows } from "../ops/copy_rows.ts";
import { reshape } from "../ops/reshape.ts";
import { type Tensor, zeros } from "../tensor/tensor.ts";
import { kMeansSegments } from "./k_means.ts";
import { type Clusters, clusterSegments } from "./k_medoids.ts";
import { type ClusterLayerOptions, layerParameters } from "./layer_options.ts";
import { segmentLayout } from "./layout.ts";
import type { CentreMethod, SpectralMethod } from "./method.ts";
import { type ClusteredTokens, clusterTokens } from "./segments.ts";
import { spectralSegments } from "./spectral.ts";
import { spatialTemporalWindow, spectralNeighbours } from "./spectral_rules.ts";

/** Clusters each segment, or takes the given choice, and puts the centres behind the mean class token. */
export function centreLayer(
  x: Tensor,
  method: CentreMethod,
  options: ClusterLayerOptions,
): ClusteredTokens {
  const { frames, targetFrames, k, grouping } = options, { aggregation } = method;
  const weighed = method.adaptiveClass ? weighClassTokens(x, method, options) : x;
  const chosen = grouping?.medoids ? grouping : choose(weighed, method, options);
  const found = clusterTokens(weighed, { frames, targetFrames, k, aggregation, ...chosen });
  return { ...found, output: embedCentres(found.output, method, options) };
}

/** What the algorithm makes of each segment's patches. */
function choose(x: Tensor, method: CentreMethod, options: ClusterLayerOptions): Clusters {
  const layout = segmentLayout(x.shape, options), { k } = options;
  switch (method.algorithm) {
    case "spectral": {
      const { frames, patches } = layout;
      return spectralSegments(x, layout, { ...method, ...graphOf(method, frames, patches), k });
    }
    case "kmeans":
      return kMeansSegments(x, layout, { ...method, k });
    default:
      return clusterSegments(x, layout, { ...method, k });
  }
}

/** The graph of segments of so many frames and patches in a frame. */
function graphOf(method: SpectralMethod, frames: number, patches: number) {
  const { graph = "HeatKernel", neighbours = 1, spatialTemporal } = method;
  return {
    neighbours: graph === "KNN" ? spectralNeighbours(neighbours, frames, patches) : undefined,
    near: spatialTemporal ? spatialTemporalWindow(patches) : undefined,
  };
}

/** Multiplies the class token of each frame of a video by the frame's factor. */
function weighClassTokens(x: Tensor, method: CentreMethod, options: ClusterLayerOptions): Tensor {
  const [rows, , width] = x.shape, { frames } = options;
  const factors = layerParameters(method, options).get("cls_multiplier");
  const classes = reshape(sliceRows(x, 0, 1), [rows / frames, frames, 1, width]);
  return concatRows(reshape(mul(classes, factors), [rows, 1, width]), sliceRows(x, 1));
}

/** Adds the learnt embedding to the centres, not to the class token before them. */
function embedCentres(x: Tensor, method: CentreMethod, options: ClusterLayerOptions): Tensor {
  if (!method.embedding) return x;
  const [, , width] = x.shape, { k } = options;
  const embedding = reshape(layerParameters(method, options).get("cluster_embed"), [1, k, width]);
  return add(x, concatRows(zeros(x.device, "f32", [1, 1, width]), embedding));
}
