/**
 * What token clustering learns, and how it starts.
 *
 * @module
 */
import { type ClipConfig, demandVit, patchesOf, type VitConfig } from "../clip/config.ts";
import { tokenMlpShapes } from "../cluster/deep_cluster.ts";
import { type CentreMethod, type ClusterMethod, hasCentres } from "../cluster/method.ts";
import { UsageError } from "../errors.ts";
import type { Shape } from "../tensor/shape.ts";
import { layerName, planOf } from "./clustering.ts";
import type { CenterClipOptions } from "./model.ts";
import type { NewParameter, NewParameters } from "./new_parameters.ts";
import type { ClusterStep } from "./plan.ts";
import { constant, copy, normal } from "./starts.ts";

type Named = [name: string, parameter: NewParameter];

/**
 * The parameters of the clustering layers of a model: the embeddings of centres, the factors of class
 * tokens, the perceptrons of DeepCluster. The reference's embeddings are 768 wide whatever the model; here
 * they are as wide as its tokens.
 *
 * @throws {UsageError} if the clustering does not fit the model, or centres are to start from more
 *   positions than CLIP has.
 */
export function clusterParameters(config: ClipConfig, options: CenterClipOptions): NewParameters {
  const { clustering } = options;
  if (!clustering) return new Map();
  const vit = demandVit(config, "token clustering"), { method } = clustering;
  return new Map(
    planOf(config, options).flatMap((step) => {
      const layer = `clip.visual.${layerName(step, method)}`;
      return learnt(method, step, vit).map(([name, of]): Named => [`${layer}.${name}`, of]);
    }),
  );
}

/** The parameters of one layer, by their names in it. */
function learnt(method: ClusterMethod, step: ClusterStep, vit: VitConfig): Named[] {
  if (method.algorithm === "deep_cluster") return perceptron(step);
  return hasCentres(method) ? ofCentres(method, step, vit) : [];
}

function perceptron({ frameDuration, patches, clusters }: ClusterStep): Named[] {
  const shapes = tokenMlpShapes(frameDuration * patches, frameDuration, clusters);
  return Array.from(shapes, ([name, shape]) => {
    if (name.endsWith(".bias")) return [name, constant(shape, 0)];
    return [name, name.includes(".ln") ? constant(shape, 1) : normal(shape, 0.01)];
  });
}

function ofCentres(method: CentreMethod, step: ClusterStep, vit: VitConfig): Named[] {
  const { frames, frameDuration, clusters } = step, { visionWidth: width } = vit;
  const found: Named[] = [];
  if (method.embedding) {
    const shape = [clusters, width];
    found.push([
      "cluster_embed",
      method.embedding === "clip" ? positions(shape, vit, step) : normal(shape, width ** -0.5),
    ]);
  }
  if (method.frameEmbedding) {
    found.push(["cluster_frame_embed", normal([frameDuration, 1, width], width ** -0.5)]);
  }
  if (method.adaptiveClass) {
    found.push(["cls_multiplier", constant([1, frames, 1, 1], 1 / frameDuration)]);
  }
  return found;
}

/** CLIP's positions of the first patches. */
function positions(shape: Shape, vit: VitConfig, { block }: ClusterStep): NewParameter {
  const [clusters, width] = shape, patches = patchesOf(vit);
  if (clusters > patches) {
    throw new UsageError(
      `--cluser_embed_from_clip 1: CLIP has positions of ${patches} patches, block ${
        block + 1
      } keeps ${clusters} tokens; set it to 0`,
    );
  }
  // The row before them is the class token.
  return copy(shape, "visual.positional_embedding", width);
}
