/**
 * Tokens and parameters of a layer as golden cases hold them.
 *
 * @module
 */
import { type Device, Parameters, type Tensor, tensor } from "../../mod.ts";
import type { Checks } from "./checks.ts";
import type { GoldenCase } from "./golden.ts";
import type { Tolerance } from "./tolerance.ts";
import { type Floats, floats, swapAxes, upload } from "./values.ts";

/** The layer's own parameters: inputs called \`param.NAME\`. */
export async function ownParameters(golden: GoldenCase, device: Device): Promise<Parameters> {
  const tensors = new Map<string, Tensor>();
  for (const input of golden.inputs) {
    const [, name] = input.match(/^param\.(.+)$/) ?? [];
    if (name) tensors.set(name, upload(device, await floats(golden.input(input))));
  }
  return new Parameters(device, tensors);
}

/** Compares tokens with an output that has them outermost. */
export async function compareTokens(
  golden: GoldenCase,
  checks: Checks,
  output: string,
  values: Tensor,
  tolerance: Tolerance,
): Promise<void> {
  const { shape: [length, batch, width], data } = await floats(golden.output(output));
  const found = swapAxes(await values.data() as Float32Array, [batch, length, width]);
  checks.close(output, found, data, tolerance);
}

/** Tokens outermost, as the original has them, to frames outermost. */
export function framesFirst(
  device: Device,
  { shape: [length, frames, width], data }: Floats,
): Tensor {
  return tensor(device, swapAxes(data, [length, frames, width]), [frames, length, width]);
}
