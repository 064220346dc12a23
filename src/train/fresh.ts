/**
 * The weights of a model that starts afresh: CLIP's from its files or the seed, over them what
 * `--init_model` gives, and the parameters that CLIP has not.
 *
 * @module
 */
import type { CenterClipOptions } from "../centerclip/model.ts";
import { newParameters, startNewParameters } from "../centerclip/new_parameters.ts";
import { type ClipConfig, shapesOf } from "../clip/config.ts";
import { randomWeights } from "../clip/init.ts";
import { loadWeights, type LoadWeightsOptions, type Weights } from "../clip/weights.ts";
import { roundLoaded } from "../compat/weights.ts";
import { UserError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import { openModel } from "../io/model_folder.ts";
import { outsideScopes } from "../tensor/scope.ts";
import type { Shape } from "../tensor/shape.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import type { Settings } from "./config/settings.ts";
import { readInitModel } from "./init_model.ts";
import { pretrainedPlace } from "./pretrained.ts";

/** Prefix of CLIP's weights in the model. */
export const CLIP = "clip.";

/** Takes a line for the log. */
export type Log = (line: string) => void;

type Adjust = LoadWeightsOptions["adjust"];

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

/** The shapes of all parameters of a model, in the order of its checkpoints. */
export function modelShapes(config: ClipConfig, options: CenterClipOptions): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const [name, shape] of shapesOf(config)) shapes.set(CLIP + name, shape);
  for (const [name, { shape }] of newParameters(config, options)) shapes.set(name, shape);
  return shapes;
}

/** Tensors that are given back unless they are handed on. */
class Holder implements Disposable {
  #tensors = new Map<string, Tensor>();
  constructor(private readonly device: Device, private readonly adjust: Adjust) {}

  /** Takes tensors, in place of those that have the same names. */
  take(tensors: Iterable<readonly [string, Tensor]>): void {
    for (const [name, made] of tensors) {
      this.#tensors.get(name)?.dispose();
      this.#tensors.set(name, made);
    }
  }

  /** Uploads elements, as {@link Holder.take}. */
  upload(name: string, shape: Shape, data: Float32Array<ArrayBuffer>): void {
    this.adjust?.(name, data);
    this.take([[name, outsideScopes(this.device, () => tensor(this.device, data, shape))]]);
  }

  get(name: string): Tensor | undefined {
    return this.#tensors.get(name);
  }

  /** Hands the tensors on, in the order of `names`. */
  release(names: Iterable<string>): Map<string, Tensor> {
    const tensors = new Map(Array.from(names, (name) => [name, this.#tensors.get(name)!]));
    this.#tensors = new Map();
    return tensors;
  }

  [Symbol.dispose](): void {
    for (const made of this.#tensors.values()) made.dispose();
  }
}

/** CLIP's weights; its sizes. */
async function clipWeights(
  device: Device,
  settings: Settings,
  holder: Holder,
  adjust: Adjust,
  log: Log,
): Promise<ClipConfig> {
  if (settings.pretrained_clip_name === "scratch") {
    const config = scratchConfig(settings);
    const made = randomWeights(config, settings.seed, { logitScale: settings.logit_scale_init });
    for (const [name, { shape, data }] of made) holder.upload(CLIP + name, shape, data);
    return config;
  }
  const { folder, names } = pretrainedPlace(settings);
  using files = await openModel(folder, names);
  const { label } = files.tensors, { descriptions } = files;
  const { config, tensors, library } = await loadWeights(device, files.tensors, {
    descriptions,
    adjust,
  });
  holder.take(tensors);
  log(`CLIP's weights: ${label}, in the names of ${library}`);
  // OpenAI's names are open_clip's too, so the names do not tell.
  if (descriptions.length === 0) {
    log("no config lies beside them: their activation is taken to be QuickGELU, as OpenAI's is");
  }
  return config;
}

/**
 * The weights of a fresh model. With `--compat reference` they are rounded as the original rounds what it
 * loads.
 *
 * @throws {UserError} if weights are missing or do not fit.
 */
export async function freshWeights(
  device: Device,
  settings: Settings,
  options: CenterClipOptions,
  log: Log,
): Promise<Weights> {
  const adjust = settings.compat === "reference" ? roundLoaded : undefined;
  using holder = new Holder(device, adjust);
  const config = await clipWeights(device, settings, holder, adjust, log);
  const shapes = modelShapes(config, options), added = newParameters(config, options);
  if (settings.init_model !== null) {
    holder.take(await readInitModel(device, settings.init_model, shapes, added, adjust, log));
  }
  const clip = async (name: string) => {
    const found = holder.get(CLIP + name);
    if (!found) throw new UserError(`CLIP has no tensor "${name}" to start a new one from`);
    return await found.data() as Float32Array;
  };
  for await (const [name, shape, data] of startNewParameters(added, clip, settings.seed)) {
    if (!holder.get(name)) holder.upload(name, shape, data);
  }
  if (settings.temperature_new > 1) {
    holder.upload(`${CLIP}logit_scale`, [], Float32Array.of(settings.temperature_new));
  }
  return { config, tensors: holder.release(shapes.keys()) };
}
