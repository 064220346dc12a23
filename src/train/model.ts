/**
 * The model that settings ask for, on fresh weights or those of a checkpoint.
 *
 * @module
 */
import { CenterClip, type CenterClipOptions } from "../centerclip/model.ts";
import type { Precision } from "../centerclip/precision.ts";
import { configOf } from "../clip/config.ts";
import { heldShapes, readTensors, type Wanted, type Weights } from "../clip/weights.ts";
import type { Device } from "../gpu/device.ts";
import { MODEL } from "../io/checkpoint.ts";
import type { TensorReader } from "../io/tensor_reader.ts";
import { Parameters } from "../nn/parameters.ts";
import { clusteringOf } from "./clustering.ts";
import type { Settings } from "./config/settings.ts";
import { CLIP, freshWeights, type Log, modelShapes } from "./fresh.ts";
import { headOf } from "./head.ts";

/** Weights of a checkpoint: it must hold what the model has, and nothing else. */
async function savedWeights(
  device: Device,
  options: CenterClipOptions,
  checkpoint: TensorReader,
): Promise<Weights> {
  const nameOf = (openai: string) => MODEL + CLIP + openai;
  const config = configOf(heldShapes(checkpoint, MODEL + CLIP), checkpoint.label, nameOf);
  const wanted = new Map<string, Wanted>();
  for (const [name, shape] of modelShapes(config, options)) {
    wanted.set(name, { shape, origin: { parts: [MODEL + name], transposed: false } });
  }
  const names = [...heldShapes(checkpoint, MODEL).keys()].map((name) => MODEL + name);
  return { config, tensors: await readTensors(device, checkpoint, names, wanted) };
}

/** In what settings have activations stored; `fp16` is not built, and refused with the flags. */
export function precisionOf({ precision }: Settings): Precision {
  return precision === "amp" ? "amp" : "fp32";
}

/** How the model is built, by the settings' names. */
async function optionsOf(settings: Settings): Promise<CenterClipOptions> {
  return {
    maxFrames: settings.max_frames,
    linearPatch: settings.linear_patch,
    compat: settings.compat ?? undefined,
    precision: precisionOf(settings),
    clustering: clusteringOf(settings),
    head: await headOf(settings),
  };
}

/**
 * Builds the model of a run. Its parameters belong to the caller, who gives them back with
 * `model.parameters[Symbol.dispose]()`.
 *
 * @param checkpoint Where to take the weights from, in place of CLIP's files or the seed.
 * @param log Takes lines on where fresh weights come from.
 * @throws {UserError} if weights are missing or do not fit.
 * @throws {UsageError} if the clustering or the precision does not fit the model.
 */
export async function buildModel(
  device: Device,
  settings: Settings,
  checkpoint?: TensorReader,
  log: Log = () => {},
): Promise<CenterClip> {
  const options = await optionsOf(settings);
  const { config, tensors } = checkpoint
    ? await savedWeights(device, options, checkpoint)
    : await freshWeights(device, settings, options, log);
  const parameters = new Parameters(device, tensors);
  try {
    return new CenterClip(parameters, config, options);
  } catch (error) {
    parameters[Symbol.dispose]();
    throw error;
  }
}
