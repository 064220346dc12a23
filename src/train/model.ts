/**
 * The model that settings ask for: its weights from a file, a checkpoint, or the seed.
 *
 * @module
 */
import { join } from "node:path";
import { CenterClip, type CenterClipOptions } from "../centerclip/model.ts";
import type { ClipConfig } from "../clip/config.ts";
import { randomWeights } from "../clip/init.ts";
import { loadWeights, type Weights } from "../clip/weights.ts";
import type { Device } from "../gpu/device.ts";
import { MODEL } from "../io/checkpoint.ts";
import { openSafetensors, type SafetensorsFile } from "../io/safetensors.ts";
import { Parameters } from "../nn/parameters.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Settings } from "./config/settings.ts";

/** Prefix of CLIP's weights in the model. */
const CLIP = "clip.";

function scratchConfig(settings: Settings): ClipConfig {
  return {
    embedDim: settings.embed_dim,
    imageResolution: settings.image_resolution,
    visionLayers: settings.vision_layers,
    visionWidth: settings.vision_width,
    visionPatchSize: settings.vision_patch_size,
    contextLength: settings.context_length,
    vocabSize: 49408,
    textWidth: settings.text_width,
    textLayers: settings.text_layers,
  };
}

async function weightsOf(
  device: Device,
  settings: Settings,
  checkpoint?: SafetensorsFile,
): Promise<Weights> {
  if (checkpoint) return loadWeights(device, checkpoint, { source: MODEL + CLIP });
  if (settings.pretrained_clip_name !== "scratch") {
    const name = `${settings.pretrained_clip_name.replace("/", "-")}.safetensors`;
    using file = await openSafetensors(join(settings.pretrained_dir, name));
    return await loadWeights(device, file);
  }
  const config = scratchConfig(settings);
  const made = randomWeights(config, settings.seed, { logitScale: settings.logit_scale_init });
  return {
    config,
    tensors: new Map(
      Array.from(made, ([name, { shape, data }]) => [CLIP + name, tensor(device, data, shape)]),
    ),
  };
}

/** How the model clusters, by the settings' names. */
function optionsOf(settings: Settings): CenterClipOptions {
  return {
    maxFrames: settings.max_frames,
    compat: settings.compat ?? undefined,
    clustering: settings.cluster_inter
      ? {
        targetFrames: settings.target_frames_blocks,
        clusterCounts: settings.cluster_num_blocks,
        method: {
          distance: settings.cluster_distance,
          p: settings.minkowski_norm_p,
          preNorm: settings.pre_norm,
          iterationLimit: settings.cluster_iter_limit,
          threshold: settings.cluster_threshold,
          aggregation: settings.aggregation ?? "medoid",
          compat: settings.compat ?? undefined,
        },
      }
      : undefined,
  };
}

/**
 * Builds the model of a run. Its parameters belong to the caller, who gives them back with
 * `model.parameters[Symbol.dispose]()`.
 *
 * @param checkpoint Where to take the weights from, in place of CLIP's file or the seed.
 * @throws {UserError} if weights are missing or do not fit.
 * @throws {UsageError} if the clustering does not fit the model.
 */
export async function buildModel(
  device: Device,
  settings: Settings,
  checkpoint?: SafetensorsFile,
): Promise<CenterClip> {
  const { config, tensors } = await weightsOf(device, settings, checkpoint);
  if (!checkpoint && settings.temperature_new > 1) {
    tensors.get(`${CLIP}logit_scale`)?.dispose();
    const value = new Float32Array([settings.temperature_new]);
    tensors.set(`${CLIP}logit_scale`, tensor(device, value, []));
  }
  return new CenterClip(new Parameters(device, tensors), config, optionsOf(settings));
}
