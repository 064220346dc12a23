/**
 * Weights to start from besides CLIP's (`--init_model`).
 *
 * @module
 */
import type { NewParameters } from "../centerclip/new_parameters.ts";
import { heldShapes, listNames, readTensors, type Wanted } from "../clip/weights.ts";
import { UserError } from "../errors.ts";
import type { Device } from "../gpu/device.ts";
import { MODEL } from "../io/checkpoint.ts";
import { expandHome, openWeights } from "../io/model_folder.ts";
import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Names of norms in old files, as the original renames them. */
function current(name: string): string {
  return name.replace("gamma", "weight").replace("beta", "bias");
}

/**
 * Reads what a state dict holds of a model. It need not be all, and it may hold more: both are told. A
 * checkpoint of a run will do.
 *
 * @param expected The shapes of the model's parameters, by name.
 * @param added Those of them that CLIP has not.
 * @param adjust Changes elements of a parameter on their way, in place.
 * @param log Takes lines on what was found, and on what was not.
 * @returns The tensors by name; they belong to the caller.
 * @throws {UserError} if the file cannot be read, holds nothing of the model, or a tensor in it does not fit.
 */
export async function readInitModel(
  device: Device,
  path: string,
  expected: ReadonlyMap<string, Shape>,
  added: NewParameters,
  adjust: ((name: string, values: Float32Array<ArrayBuffer>) => void) | undefined,
  log: (line: string) => void,
): Promise<Map<string, Tensor>> {
  using file = await openWeights(expandHome(path));
  const prefix = file.names.some((name) => name.startsWith(MODEL)) ? MODEL : "";
  const wanted = new Map<string, Wanted>(), unexpected: string[] = [];
  for (const name of heldShapes(file, prefix).keys()) {
    const shape = expected.get(current(name)), place = prefix + name;
    if (!shape) unexpected.push(place);
    else wanted.set(current(name), { shape, origin: { parts: [place], transposed: false } });
  }
  if (wanted.size === 0) {
    throw new UserError(
      `--init_model ${path} holds nothing of the model, whose first parameter is ${
        [...expected.keys()][0]
      }; it has ${listNames(unexpected)}`,
    );
  }
  const missing = [...expected.keys()].filter((name) => !wanted.has(name));
  const afresh = missing.filter((name) => added.has(name));
  log(`--init_model ${path} gives ${wanted.size} of the model's ${expected.size} parameters`);
  if (missing.length > afresh.length) {
    log(`not in --init_model: ${missing.length - afresh.length} of CLIP's, which stay as loaded`);
  }
  if (afresh.length) log(`not in --init_model, so they start afresh: ${listNames(afresh)}`);
  if (unexpected.length) log(`in --init_model, but not in the model: ${listNames(unexpected)}`);
  const places = [...wanted.values()].flatMap(({ origin }) => origin.parts);
  return await readTensors(device, file, places, wanted, adjust);
}
