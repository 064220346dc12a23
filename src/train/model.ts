/**
 * The model that settings ask for: its weights from a file, a checkpoint, or the seed.
 *
 * @module
 */
import { join } from "node:path";
import { CenterClip, type CenterClipOptions } from "../centerclip/model.ts";
import { newParameters, startNewParameters } from "../centerclip/new_parameters.ts";
import { type ClipConfig, configOf, shapesOf } from "../clip/config.ts";
import { randomWeights } from "../clip/init.ts";
import { heldShapes, loadWeights, readTensors, type Weights } from "../clip/weights.ts";
import { UserError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import { MODEL } from "../io/checkpoint.ts";
import { openSafetensors, type SafetensorsFile } from "../io/safetensors.ts";
import { Parameters } from "../nn/parameters.ts";
import type { Shape } from "../tensor/shape.ts";
import { tensor } from "../tensor/tensor.ts";
import { clusteringOf } from "./clustering.ts";
import type { Settings } from "./config/settings.ts";
import { headOf } from "./head.ts";

/** Prefix of CLIP's weights in the model. */
const CLIP = "clip.";

function scratchConfig(settings: Settings): ClipConfig {
  return {
    vision: "ViT",
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

/** Weights of a fresh model: CLIP's from its file or the seed, and what the model has besides. */
async function freshWeights(
  device: Device,
  settings: Settings,
  options: CenterClipOptions,
): Promise<Weights> {
  const { config, tensors } = await clipWeights(device, settings);
  const clip = async (name: string) => {
    const found = tensors.get(CLIP + name);
    if (!found) throw new UserError(`CLIP has no tensor "${name}" to start a new one from`);
    return await found.data() as Float32Array;
  };
  const added = newParameters(config, options);
  for await (const [name, shape, data] of startNewParameters(added, clip, settings.seed)) {
    tensors.set(name, tensor(device, data, shape));
  }
  if (settings.temperature_new > 1) {
    tensors.get(`${CLIP}logit_scale`)?.dispose();
    const value = new Float32Array([settings.temperature_new]);
    tensors.set(`${CLIP}logit_scale`, tensor(device, value, []));
  }
  return { config, tensors };
}

async function clipWeights(device: Device, settings: Settings): Promise<Weights> {
  if (settings.pretrained_clip_name !== "scratch") {
    const name = `${settings.pretrained_clip_name.replaceAll(/[/@]/g, "-")}.safetensors`;
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

/** Weights of a checkpoint: it must hold what the model has, and nothing else. */
async function savedWeights(
  device: Device,
  options: CenterClipOptions,
  checkpoint: SafetensorsFile,
): Promise<Weights> {
  const held = heldShapes(checkpoint, MODEL);
  const config = configOf(heldShapes(checkpoint, MODEL + CLIP));
  const expected = new Map<string, Shape>();
  for (const [name, shape] of shapesOf(config)) expected.set(CLIP + name, shape);
  for (const [name, { shape }] of newParameters(config, options)) {
    expected.set(name, shape);
  }
  return { config, tensors: await readTensors(device, checkpoint, held, expected, MODEL) };
}

/** How the model is built, by the settings' names. */
async function optionsOf(settings: Settings): Promise<CenterClipOptions> {
  return {
    maxFrames: settings.max_frames,
    linearPatch: settings.linear_patch,
    compat: settings.compat ?? undefined,
    clustering: clusteringOf(settings),
    head: await headOf(settings),
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
  const options = await optionsOf(settings);
  const { config, tensors } = checkpoint
    ? await savedWeights(device, options, checkpoint)
    : await freshWeights(device, settings, options);
  const parameters = new Parameters(device, tensors);
  try {
    return new CenterClip(parameters, config, options);
  } catch (error) {
    parameters[Symbol.dispose]();
    throw error;
  }
}
