/**
 * Models from what golden cases say of them.
 *
 * @module
 */
import {
  CenterClip,
  type CenterClipOptions,
  type ClipConfig,
  type ClusterMethod,
  type Device,
  newParameters,
  Parameters,
  Random,
  type Tensor,
} from "../../mod.ts";
import type { Fields } from "./fields.ts";
import type { GoldenCase } from "./golden.ts";
import type { GoldenTensor } from "./golden_file.ts";
import { NotBuilt } from "./kind.ts";
import { floats, upload } from "./values.ts";

/** Sizes of a CLIP model in the original's names. */
export function configOf(config: Fields): ClipConfig {
  const vision = config.has("vision_patch_size")
    ? {
      vision: "ViT" as const,
      visionLayers: config.number("vision_layers"),
      visionPatchSize: config.number("vision_patch_size"),
    }
    : {
      vision: "ResNet" as const,
      visionLayers: config.numbers("vision_layers") as [number, number, number, number],
    };
  return {
    ...vision,
    embedDim: config.number("embed_dim"),
    imageResolution: config.number("image_resolution"),
    visionWidth: config.number("vision_width"),
    contextLength: config.number("context_length"),
    vocabSize: config.number("vocab_size"),
    textWidth: config.number("transformer_width"),
    textLayers: config.number("transformer_layers"),
  };
}

/** Names of the original's token algorithms, for what is not built of them. */
export const ALGORITHMS: Readonly<Record<string, string>> = {
  pooling: "frame pooling in the model",
  sparse_sampling: "sparse sampling of tokens in the model",
  spectral: "spectral clustering",
  temporal_shift: "temporal shift",
  token_shift: "token shift",
};

/** @throws {NotBuilt} where the flags of a case ask for a part that is not built. */
export function demandBuilt(flags: Fields): void {
  const algorithm = flags.has("cluster_algo") ? flags.text("cluster_algo") : "kmediods++";
  const header = flags.has("sim_header") ? flags.text("sim_header") : "meanP";
  const missing = [
    flags.flag("deep_cluster") && "DeepCluster",
    flags.flag("cluster_inter") && ALGORITHMS[algorithm],
    flags.flag("cluster_embedding") && "cluster embeddings",
    header !== "meanP" && `the similarity head ${header}`,
  ].find((part) => part);
  if (missing) throw new NotBuilt(missing);
}

/** How the flags of a case have tokens clustered. */
export function clusteringOf(flags: Fields): CenterClipOptions["clustering"] {
  if (!flags.flag("cluster_inter")) return undefined;
  const aggregation = flags.has("aggregation") ? flags.text("aggregation") : "None";
  const method: ClusterMethod = {
    aggregation: aggregation === "None" ? "medoid" : aggregation as "mean",
    distance: flags.text("cluster_distance") as "euclidean" | "cosine",
    p: flags.number("minkowski_norm_p"),
    preNorm: flags.flag("pre_norm"),
    iterationLimit: flags.number("cluster_iter_limit"),
    threshold: flags.number("cluster_threshold"),
    splitSize: flags.text("pretrained_clip_name") === "ViT-B/16" ? 4 : 16,
    compat: "reference",
  };
  return {
    targetFrames: flags.numbers("target_frames_blocks"),
    clusterCounts: flags.numbers("cluster_num_blocks"),
    method,
  };
}

/**
 * Weights on a device.
 *
 * @param prefix put before the names
 */
export function parametersOf(
  device: Device,
  state: ReadonlyMap<string, GoldenTensor>,
  prefix = "",
): Parameters {
  const tensors = new Map<string, Tensor>();
  for (const [name, values] of state) tensors.set(prefix + name, upload(device, values));
  return new Parameters(device, tensors);
}

/** The state dict of a case, with the parameters that the case adds to it as `extra.NAME`. */
export async function stateOf(golden: GoldenCase): Promise<Map<string, GoldenTensor>> {
  const state = await golden.inputGroup("state_dict");
  for (const input of golden.inputs) {
    const [, name] = input.match(/^extra\.(.+)$/) ?? [];
    if (name !== undefined) state.set(name, await golden.input(input));
  }
  return state;
}

/** A state dict with the temperature that the flags of a case set. */
export function withTemperature(
  state: ReadonlyMap<string, GoldenTensor>,
  flags: Fields,
): ReadonlyMap<string, GoldenTensor> {
  const temperature = flags.optionalNumber("temperature_new") ?? 1;
  if (temperature <= 1) return state;
  return new Map(state).set("clip.logit_scale", { shape: [], data: Float32Array.of(temperature) });
}

/** How the flags of a case have a model built. */
export function optionsOf(flags: Fields, patches: Fields = flags): CenterClipOptions {
  return {
    maxFrames: flags.number("max_frames"),
    linearPatch: patches.has("linear_patch") ? patches.text("linear_patch") as "2d" | "3d" : "2d",
    clustering: clusteringOf(flags),
    compat: "reference",
  };
}

/**
 * A state dict with the parameters that CLIP's files do not hold, where they start from CLIP's and the case
 * does not give them.
 */
export async function withNewParameters(
  state: ReadonlyMap<string, GoldenTensor>,
  config: ClipConfig,
  flags: Fields,
): Promise<ReadonlyMap<string, GoldenTensor>> {
  const whole = new Map(state);
  const clip = async (name: string) =>
    (await floats(Promise.resolve(state.get(`clip.${name}`)!))).data;
  for (const [name, { shape, init }] of newParameters(config, optionsOf(flags))) {
    if (whole.has(name)) continue;
    whole.set(name, { shape, data: await init({ clip, random: new Random(0, [0]) }) });
  }
  return whole;
}

/**
 * A model as the flags of a case make it.
 *
 * @param patches where the kind of patches stands, if not among the flags
 */
export function modelOf(
  parameters: Parameters,
  config: ClipConfig,
  flags: Fields,
  patches: Fields = flags,
): CenterClip {
  return new CenterClip(parameters, config, optionsOf(flags, patches));
}
