/**
 * CLIP weights from safetensors in OpenAI's names.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import type { SafetensorsFile } from "../io/safetensors.ts";
import { outsideScopes } from "../tensor/scope.ts";
import { sameShape, type Shape } from "../tensor/shape.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { type ClipConfig, configOf, shapesOf } from "./config.ts";

/** A model's weights on the device, under its names in the file. */
export interface Weights {
  /** Sizes, read off the shapes. */
  readonly config: ClipConfig;
  /** Tensors by name. */
  readonly tensors: Map<string, Tensor>;
}

/** What OpenAI's archives hold beside the weights, and the buffers of CenterCLIP's checkpoints. */
const NO_WEIGHTS = new RegExp(
  String.raw`^(clip\.)?(input_resolution|context_length|vocab_size|visual\.position_ids)$` +
    String.raw`|\.tokencluster_inter\.spg$`,
);

/**
 * Reads the tensors of a model, one by one; F16 and BF16 become f32.
 *
 * @param held Shapes of the tensors that the file offers, by name.
 * @param expected Shapes of the tensors that the model has, by the same names.
 * @param source Prefix of these names in the file.
 * @returns The tensors by name; they belong to the caller.
 * @throws {UserError} if tensors are missing, unexpected or of the wrong shape; it names them.
 */
export async function readTensors(
  device: Device,
  file: SafetensorsFile,
  held: ReadonlyMap<string, Shape>,
  expected: ReadonlyMap<string, Shape>,
  source = "",
): Promise<Map<string, Tensor>> {
  const missing = [...expected.keys()].filter((name) => !held.has(name));
  const unexpected = [...held.keys()].filter((name) => !expected.has(name));
  if (missing.length || unexpected.length) {
    const list = (what: string, of: string[]) => of.length ? `${what} ${of.join(", ")}` : "";
    const parts = [list("missing", missing), list("unexpected", unexpected)].filter(Boolean);
    throw new UserError(`${file.label} does not hold the model: ${parts.join("; ")}`);
  }
  const tensors = new Map<string, Tensor>();
  try {
    for (const [name, shape] of expected) {
      const found = held.get(name)!;
      if (!sameShape(found, shape)) {
        throw new UserError(`${file.label}: ${name} has the shape [${found}], expected [${shape}]`);
      }
      const data = await file.readF32(source + name);
      tensors.set(name, outsideScopes(device, () => tensor(device, data, shape)));
    }
  } catch (error) {
    for (const made of tensors.values()) made.dispose();
    throw error;
  }
  return tensors;
}

/** The shapes of the weights that a file holds under a prefix, by the rest of their names. */
export function heldShapes(file: SafetensorsFile, source: string): Map<string, Shape> {
  return new Map(
    file.names
      .filter((name) => name.startsWith(source))
      .map((name) => name.slice(source.length))
      .filter((name) => !NO_WEIGHTS.test(name))
      .map((name) => [name, file.info(source + name).shape]),
  );
}

/**
 * Reads CLIP's weights.
 *
 * @returns The weights under `clip.` and OpenAI's names.
 * @throws {UserError} as {@link readTensors}.
 */
export async function loadWeights(device: Device, file: SafetensorsFile): Promise<Weights> {
  const held = heldShapes(file, ""), config = configOf(held);
  const tensors = await readTensors(device, file, held, shapesOf(config));
  return { config, tensors: new Map(Array.from(tensors, ([name, t]) => [`clip.${name}`, t])) };
}
