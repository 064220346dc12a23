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
  type HeadOptions,
  type KMedoidsMethod,
  newParameters,
  Parameters,
  Random,
  type SpectralMethod,
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

/** The similarity head of a case; `normEps` is that of the repository that the case ran. */
export function headOf(flags: Fields, normEps: number): HeadOptions {
  const kind = flags.has("sim_header") ? flags.text("sim_header") : "meanP";
  const layers = () => flags.number("cross_num_hidden_layers");
  switch (kind) {
    case "meanP":
    case "seqLSTM":
      return { kind };
    case "seqTransf":
      return { kind, layers: layers(), normEps };
    case "tightTransf": {
      const config = flags.object("cross_config");
      const heads = config.number("num_attention_heads");
      const dropout = config.number("hidden_dropout_prob");
      return { kind, cross: { layers: layers(), heads, dropout, normEps } };
    }
    default:
      throw new NotBuilt(`the similarity head ${kind}`);
  }
}

/** How the flags of a case have tokens clustered. */
export function clusteringOf(flags: Fields): CenterClipOptions["clustering"] {
  const learnt = flags.flag("deep_cluster");
  if (!learnt && !flags.flag("cluster_inter")) return undefined;
  return {
    targetFrames: flags.numbers("target_frames_blocks"),
    clusterCounts: flags.numbers("cluster_num_blocks"),
    method: learnt ? { algorithm: "deep_cluster" } : methodOf(flags.text("cluster_algo"), {
      aggregation: aggregationOf(flags),
      embedding: flags.flag("cluster_embedding") ? "random" : undefined,
      frameEmbedding: flags.flag("cluster_frame_embedding"),
      distance: flags.text("cluster_distance") as "euclidean" | "cosine",
      p: flags.number("minkowski_norm_p"),
      preNorm: flags.flag("pre_norm"),
      iterationLimit: flags.number("cluster_iter_limit"),
      threshold: flags.number("cluster_threshold"),
      splitSize: flags.text("pretrained_clip_name") === "ViT-B/16" ? 4 : 16,
    }, {
      ...graphOf(flags),
      neighbours: flags.number("spectral_knn_k"),
      spatialTemporal: flags.flag("spectral_spg"),
    }),
  };
}

/** `mean`; `None` and nothing at all are the medoids. */
export function aggregationOf(flags: Fields): "mean" | "medoid" {
  return flags.has("aggregation") && flags.text("aggregation") === "mean" ? "mean" : "medoid";
}

/** The graph of spectral clustering, where all cases call it the same. */
export function graphOf(flags: Fields) {
  return {
    graph: flags.text("spectral_graph") as "HeatKernel" | "KNN",
    sigma: flags.number("spectral_sigma"),
    correctSign: flags.flag("svd_correct_sign"),
  };
}

/** The method that the original calls `algorithm`. */
export function methodOf(
  algorithm: string,
  { preNorm, ...options }: Omit<KMedoidsMethod, "algorithm" | "compat">,
  graph: Pick<SpectralMethod, "graph" | "sigma" | "correctSign" | "neighbours" | "spatialTemporal">,
): ClusterMethod {
  switch (algorithm) {
    case "kmediods++":
      return { ...options, preNorm, algorithm, compat: "reference" };
    case "spectral":
      return { ...options, ...graph, algorithm, compat: "reference" };
    case "pooling":
    case "sparse_sampling":
    case "temporal_shift":
    case "token_shift":
      return { algorithm };
    default:
      throw new Error(`no algorithm is called ${algorithm}`);
  }
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
  return new Map([...await golden.inputGroup("state_dict"), ...await extrasOf(golden)]);
}

/** The parameters that a case adds to a state dict, its inputs `extra.NAME`. */
export async function extrasOf(golden: GoldenCase): Promise<[string, GoldenTensor][]> {
  const names = golden.inputs.flatMap((input) => input.match(/^extra\.(.+)$/)?.[1] ?? []);
  return await Promise.all(
    names.map(async (name) =>
      [name, await golden.input(`extra.${name}`)] as [string, GoldenTensor]
    ),
  );
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
    head: headOf(flags, 1e-5),
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
