/**
 * Token clustering in a model: its layers around the blocks of the vision transformer.
 *
 * @module
 */
import { type ClipConfig, demandVit, patchesOf } from "../clip/config.ts";
import type { EncodeFramesOptions } from "../clip/vision.ts";
import { clusterLayer, type ClusterLayerResult } from "../cluster/layer.ts";
import type { ClusterMethod } from "../cluster/method.ts";
import type { Parameters } from "../nn/parameters.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { ForwardOptions } from "./forward.ts";
import type { CenterClipOptions } from "./model.ts";
import { clusterPlan, type ClusterStep } from "./plan.ts";

/** Where a model clusters, and how. */
export interface Clustering {
  /** `target_frames_blocks`: frames, then segments, after each block. */
  readonly targetFrames: readonly number[];
  /** `cluster_num_blocks`: tokens of a segment after each block. */
  readonly clusterCounts: readonly number[];
  /** What happens in the blocks that these lists choose. */
  readonly method: ClusterMethod;
}

/** Purpose of the streams of random numbers that clustering draws from; one more for each block. */
const STREAM = 0x2000;

/**
 * The clustering layers of a model; none without clustering.
 *
 * @throws {UsageError} if the clustering does not fit the model, or the model has a ResNet.
 */
export function planOf(config: ClipConfig, { maxFrames, clustering }: CenterClipOptions) {
  if (!clustering) return [];
  const vit = demandVit(config, "token clustering");
  const { targetFrames, clusterCounts, method: { algorithm } } = clustering;
  return clusterPlan(
    { maxFrames, targetFrames, clusterCounts, patches: patchesOf(vit), algorithm },
    vit.visionLayers,
  );
}

/** Name of a step's layer in the state dict, below `visual`. */
export function layerName({ block }: ClusterStep, { algorithm }: ClusterMethod): string {
  const module = algorithm === "deep_cluster" ? "deepcluster" : "tokencluster_inter";
  return `transformer.resblocks.${block}.${module}`;
}

/**
 * What clustering does around the blocks of the vision transformer.
 *
 * @param visual The parameters of `visual`.
 * @param told Called with what each layer made, before the block that it stands in front of.
 *
 * @example
 * ```ts ignore
 * const hooks = clusterHooks(model.plan, { algorithm: "kmedoids++" }, visual, {});
 * const vectors = encodeFrames(visual, config, frames, hooks);
 * ```
 */
export function clusterHooks(
  plan: readonly ClusterStep[],
  method: ClusterMethod,
  visual: Parameters,
  { groupings, training }: ForwardOptions,
  told: (made: ClusterLayerResult, step: ClusterStep) => void = () => {},
): Pick<EncodeFramesOptions, "beforeBlock" | "beforeMlp"> {
  const layer = (tokens: Tensor, step: ClusterStep) =>
    clusterLayer(tokens, method, {
      ...step,
      k: step.clusters,
      parameters: visual.at(layerName(step, method)),
      random: training?.stream(STREAM + step.block),
      grouping: groupings?.(step),
    });
  return {
    beforeBlock(tokens, block) {
      const step = plan.find((step) => step.block === block);
      if (!step) return tokens;
      const made = layer(tokens, step);
      told(made, step);
      return made.output;
    },
    // The reference shifts class tokens a second time, after the attention.
    beforeMlp(tokens, block) {
      const step = plan.find((step) => step.block === block);
      return step && method.algorithm === "token_shift" ? layer(tokens, step).output : tokens;
    },
  };
}
