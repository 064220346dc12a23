/**
 * CLIP weights from files in OpenAI's, Hugging Face's and open_clip's names.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import type { Description, TensorReader } from "../io/tensor_reader.ts";
import { sameShape, type Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type ClipConfig, configOf, shapesOf } from "./config.ts";
import { checkDescription } from "./description.ts";
import { type Naming, namingOf, openaiName, type Origin, originOf } from "./names.ts";
import { TensorLoader } from "./tensor_loader.ts";

/** A model's weights on the device. */
export interface Weights {
  /** Sizes, read off the shapes. */
  readonly config: ClipConfig;
  /** Tensors by the model's names. */
  readonly tensors: Map<string, Tensor>;
}

/** CLIP's weights, and whose they are. */
export interface ClipWeights extends Weights {
  /** The library whose names the file has: `OpenAI`, `Hugging Face` or `open_clip`. */
  readonly library: string;
}

/** Options of {@link loadWeights}. */
export interface LoadWeightsOptions {
  /**
   * What lies beside the weights and describes them: `config.json`, `open_clip_config.json`. Without one the
   * activation is taken to be QuickGELU, as that of all of OpenAI's models is.
   */
  readonly descriptions?: readonly Description[];
  /** Changes elements of a tensor on their way, in place; it is called with some of them at a time. */
  readonly adjust?: (name: string, values: Float32Array<ArrayBuffer>) => void;
}

/** A tensor of a model, and where a file should hold it. */
export interface Wanted {
  /** Shape in the model. */
  readonly shape: Shape;
  /** Place in the file. */
  readonly origin: Origin;
}

/** Buffers of CenterCLIP's models that its state dicts hold. */
const BUFFERS = /^(clip\.)?visual\.position_ids$|\.tokencluster_inter\.spg$/;

/** Most names that a message lists. */
const MOST_NAMES = 50;

/** Names, for a line of a message. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name) =>
    /^[\w.]+$/.test(name) ? name : JSON.stringify(name)
  );
  const rest = names.length - shown.length;
  return shown.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** The shapes of the weights that a state dict holds under a prefix, by the rest of their names. */
export function heldShapes(file: TensorReader, prefix: string): Map<string, Shape> {
  return new Map(
    file.names
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length))
      .filter((name) => !BUFFERS.test(name))
      .map((name) => [name, file.info(prefix + name).shape]),
  );
}

/**
 * Requires that a tensor of a file is what a model has under that name.
 *
 * @param shape The shape that it should have.
 * @throws {UserError} if its shape is another, or its elements are no floats.
 */
export function checkTensor(file: TensorReader, name: string, shape: Shape): void {
  const found = file.info(name);
  if (!sameShape(found.shape, shape)) {
    throw new UserError(
      `${file.label}: ${name} has the shape [${found.shape}], expected [${shape}]`,
    );
  }
  if (!/^B?F\d/.test(found.dtype) && !name.endsWith("num_batches_tracked")) {
    throw new UserError(
      `${file.label}: ${name} is of ${found.dtype}, and weights are F16, BF16, F32 or F64`,
    );
  }
}

/** Shape of each part of a tensor in its file. */
function shapeInFile({ shape, origin: { parts, transposed } }: Wanted): Shape {
  if (transposed) return shape.toReversed();
  return parts.length === 1 ? shape : [shape[0] / parts.length, ...shape.slice(1)];
}

/**
 * Reads the tensors of a model, each in pieces; F16 and BF16 become f32.
 *
 * @param names The names of the file that must belong to the model.
 * @param wanted What the model has, by its names.
 * @returns The tensors by the model's names; they belong to the caller.
 * @throws {UserError} if tensors are missing, unexpected, of the wrong shape or not of floats; it names
 *   them as the file does.
 */
export async function readTensors(
  device: Device,
  file: TensorReader,
  names: readonly string[],
  wanted: ReadonlyMap<string, Wanted>,
  adjust?: LoadWeightsOptions["adjust"],
): Promise<Map<string, Tensor>> {
  const held = new Set(names), parts = [...wanted.values()].flatMap(({ origin }) => origin.parts);
  const missing = parts.filter((name) => !held.has(name)), known = new Set(parts);
  const unexpected = names.filter((name) => !known.has(name));
  if (missing.length || unexpected.length) {
    const list = (what: string, of: string[]) => of.length ? `${what} ${listNames(of)}` : "";
    const faults = [list("missing", missing), list("unexpected", unexpected)].filter(Boolean);
    throw new UserError(`${file.label} does not hold the model: ${faults.join("; ")}`);
  }
  for (const each of wanted.values()) {
    for (const part of each.origin.parts) checkTensor(file, part, shapeInFile(each));
  }
  const tensors = new Map<string, Tensor>(), loader = new TensorLoader(device, file);
  try {
    for (const [name, { shape, origin }] of wanted) {
      const change = adjust && ((values: Float32Array<ArrayBuffer>) => adjust(name, values));
      tensors.set(name, await loader.load(shape, origin, change));
    }
  } catch (error) {
    for (const made of tensors.values()) made.dispose();
    throw error;
  }
  return tensors;
}

/** The shapes that OpenAI's tensors have, as far as a file in another's names tells. */
function openaiShapes(file: TensorReader, naming: Naming): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const name of file.names) {
    const ours = openaiName(naming, name), origin = ours && originOf(naming, ours);
    if (!ours || !origin) continue;
    const { shape } = file.info(name), [rows, ...others] = shape;
    const packed = [rows * origin.parts.length, ...others];
    shapes.set(
      ours,
      origin.transposed ? shape.toReversed() : origin.parts.length > 1 ? packed : shape,
    );
  }
  return shapes;
}

/**
 * Reads CLIP's weights from a file, or several, of OpenAI's, Hugging Face's (`CLIPModel`) or open_clip's,
 * told by the names in it. Tensors are read in pieces: besides what stays on the device, memory holds a few
 * megabytes.
 *
 * @returns The weights under `clip.` and OpenAI's names.
 * @throws {UserError} as {@link readTensors}, and if a description contradicts the weights, or says that the
 *   model was trained with another activation than QuickGELU.
 *
 * @example
 * ```ts ignore
 * const file = parseSafetensors(bytes, "model.safetensors");
 * const { config, tensors } = await loadWeights(device, file);
 * const text = encodeText(new Parameters(device, tensors).at("clip"), config, tokens);
 * ```
 */
export async function loadWeights(
  device: Device,
  file: TensorReader,
  { descriptions = [], adjust }: LoadWeightsOptions = {},
): Promise<ClipWeights> {
  const naming = namingOf(file.names);
  const placeOf = (openai: string): Origin =>
    originOf(naming, openai) ?? { parts: [openai], transposed: false };
  const config = configOf(
    openaiShapes(file, naming),
    file.label,
    (openai) => placeOf(openai).parts[0],
  );
  for (const description of descriptions) checkDescription(description, config);
  const wanted = new Map<string, Wanted>();
  for (const [name, shape] of shapesOf(config)) {
    wanted.set(`clip.${name}`, { shape, origin: placeOf(name) });
  }
  const names = file.names.filter((name) => !naming.ignored.test(name));
  const tensors = await readTensors(device, file, names, wanted, adjust);
  return { config, tensors, library: naming.library };
}
