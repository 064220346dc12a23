/**
 * Floating-point operations of CLIP's towers, counted from the shapes of their matrix products and of their
 * attention; a multiplication and an addition are two. Norms, activations and the choice of clusters are
 * left out: they are what a layer that clusters is weighed against.
 *
 * @module
 */
import { type ClipConfig, patchesOf, type VitConfig } from "../clip/config.ts";
import type { ClusterStep } from "./plan.ts";

/** What a count depends on besides the model's sizes. */
export interface FlopsOptions {
  /**
   * Count the gradients of all parameters, too: two products for each, but for the embedding of the patches,
   * since pixels have no gradient. What is computed again in the backward pass is not counted again.
   */
  readonly training?: boolean;
}

/** A video, as {@link videoFlops} sees it. */
export interface VideoFlopsOptions extends FlopsOptions {
  /** Frames of the video. */
  readonly maxFrames: number;
  /** Where its tokens become fewer. Default: nowhere. */
  readonly plan?: readonly ClusterStep[];
  /** Patches of single frames (the default), or over three neighbouring ones. */
  readonly linearPatch?: "2d" | "3d";
}

/** One block over `batch` rows of `tokens` tokens: its four products, and scores and mixing of its attention. */
function blockFlops(batch: number, tokens: number, width: number): number {
  const products = 2 * batch * tokens * width * (3 * width + width + 4 * width + 4 * width);
  return products + 2 * 2 * batch * tokens ** 2 * width;
}

/**
 * Operations of the vision transformer for one video.
 *
 * @example Half the frames from the seventh block on save a little less than a quarter of the whole.
 * ```ts
 * import { videoFlops } from "./flops.ts";
 * import { clusterPlan } from "./plan.ts";
 * import { strictEqual } from "node:assert/strict";
 * const config = {
 *   vision: "ViT",
 *   embedDim: 512,
 *   imageResolution: 224,
 *   contextLength: 77,
 *   vocabSize: 49408,
 *   textWidth: 512,
 *   textLayers: 12,
 *   visionLayers: 12,
 *   visionWidth: 768,
 *   visionPatchSize: 32,
 * } as const;
 * const targetFrames = [12, 12, 12, 12, 12, 12, 6, 6, 6, 6, 6, 6], clusterCounts = Array(12).fill(49);
 * const plan = clusterPlan({ maxFrames: 12, targetFrames, clusterCounts, patches: 49 }, 12);
 * const [plain, clustered] = [[], plan].map((plan) => videoFlops(config, { maxFrames: 12, plan }));
 * strictEqual((1 - clustered / plain).toFixed(3), "0.243");
 * ```
 */
export function videoFlops(
  config: VitConfig,
  { maxFrames, plan = [], linearPatch, training = false }: VideoFlopsOptions,
): number {
  const { visionWidth: width, visionPatchSize: patch, visionLayers, embedDim } = config;
  let frames = maxFrames, patches = patchesOf(config);
  const elements = (linearPatch === "3d" ? 9 : 3) * patch ** 2;
  const embedding = 2 * frames * patches * elements * width;
  let rest = 0;
  for (let block = 0; block < visionLayers; block++) {
    const step = plan.find((step) => step.block === block);
    if (step) [frames, patches] = [step.targetFrames, step.clusters];
    rest += blockFlops(frames, 1 + patches, width);
  }
  rest += 2 * frames * width * embedDim;
  return training ? 2 * embedding + 3 * rest : embedding + rest;
}

/** Operations of the text transformer for one text of `length` tokens; its mask spares none. */
export function textFlops(
  { textWidth: width, textLayers, embedDim }: ClipConfig,
  length: number,
  { training = false }: FlopsOptions = {},
): number {
  const forward = textLayers * blockFlops(1, length, width) + 2 * width * embedDim;
  return training ? 3 * forward : forward;
}
