/**
 * CLIP weights from safetensors in OpenAI's names.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import type { SafetensorsFile } from "../io/safetensors.ts";
import { outsideScopes } from "../tensor/scope.ts";
import { sameShape } from "../tensor/shape.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import { type ClipConfig, configOf, shapesOf } from "./config.ts";

/** A model's weights on the device, under its names in the file. */
export interface Weights {
  /** Sizes, read off the shapes. */
  readonly config: ClipConfig;
  /** Tensors by name. */
  readonly tensors: Map<string, Tensor>;
}

/** What OpenAI's archives hold beside the weights, and a buffer of CenterCLIP's checkpoints. */
const NO_WEIGHTS = new Set([
  "input_resolution",
  "context_length",
  "vocab_size",
  "visual.position_ids",
]);

/**
 * Reads weights tensor by tensor; F16 and BF16 become f32.
 *
 * @param options.source Prefix of the names in the file, such as `model.clip.` in a checkpoint.
 * @param options.target Prefix of the names in the result.
 * @throws {UserError} if tensors are missing, unexpected or of the wrong shape; it names them.
 */
export async function loadWeights(
  device: Device,
  file: SafetensorsFile,
  { source = "", target = "clip." }: { source?: string; target?: string } = {},
): Promise<Weights> {
  const names = file.names
    .filter((name) => name.startsWith(source))
    .map((name) => name.slice(source.length))
    .filter((name) => !NO_WEIGHTS.has(name));
  const shapes = new Map(names.map((name) => [name, file.info(source + name).shape]));
  const config = configOf(shapes);
  const expected = shapesOf(config);
  const missing = [...expected.keys()].filter((name) => !shapes.has(name));
  const unexpected = names.filter((name) => !expected.has(name));
  if (missing.length || unexpected.length) {
    const list = (what: string, of: string[]) => of.length ? `${what} ${of.join(", ")}` : "";
    const parts = [list("missing", missing), list("unexpected", unexpected)].filter(Boolean);
    throw new UserError(`${file.label} does not hold a CLIP model: ${parts.join("; ")}`);
  }
  const tensors = new Map<string, Tensor>();
  try {
    for (const [name, shape] of expected) {
      const found = shapes.get(name)!;
      if (!sameShape(found, shape)) {
        throw new UserError(`${file.label}: ${name} has the shape [${found}], expected [${shape}]`);
      }
      const data = await file.readF32(source + name);
      tensors.set(target + name, outsideScopes(device, () => tensor(device, data, shape)));
    }
  } catch (error) {
    for (const made of tensors.values()) made.dispose();
    throw error;
  }
  return { config, tensors };
}
