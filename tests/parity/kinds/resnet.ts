/**
 * CLIP's modified ResNet: features, stages, gradients and running statistics.
 *
 * @module
 */
import {
  type Device,
  encodeFrames,
  encodeText,
  l2Normalize,
  Scope,
  similarity,
  Tape,
} from "../../../mod.ts";
import type { Checks } from "../checks.ts";
import type { GoldenCase } from "../golden.ts";
import type { Context, Kinds } from "../kind.ts";
import { configOf } from "../model.ts";
import { configFrom, initialState, parametersFrom, TRAINS } from "../resnet_state.ts";
import { EXACT, parseTolerance, type Tolerance } from "../tolerance.ts";
import { floats, integers, swapAxes, upload } from "../values.ts";

/** The model of a case; its sizes are read off the weights. */
async function modelOf(golden: GoldenCase, device: Device) {
  const state = await initialState(golden, device);
  return { config: configFrom(state), parameters: parametersFrom(device, state) };
}

async function evaluation(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  const { config, parameters } = await modelOf(golden, device);
  const expected = configOf(golden.params.object("config"));
  checks.same("config", Object.entries(config).sort(), Object.entries(expected).sort());
  const tolerance = parseTolerance(golden.tolerance);
  const compare = async (output: string, found: ArrayLike<number>) =>
    checks.close(output, found, (await floats(golden.output(output))).data, tolerance);

  // Reads begin at once: the features are given back when the encoder ends.
  const stages: [output: string, shape: readonly number[], data: Promise<Float32Array>][] = [];
  const frames = upload(device, await floats(golden.input("image")));
  const images = encodeFrames(parameters.at("visual"), config, frames, {
    afterStage: (x, i) =>
      stages.push([`layer${i + 1}`, x.shape, x.data() as Promise<Float32Array>]),
  });
  for (const [output, [n, height, width, channels], data] of stages) {
    // Channels are outermost there.
    const planes = Array.from({ length: n }, async (_, image) => {
      const size = height * width * channels;
      const own = (await data).subarray(image * size, (image + 1) * size);
      return swapAxes(own, [height * width, channels, 1]);
    });
    await compare(output, (await Promise.all(planes)).flatMap((plane) => [...plane]));
  }
  const { shape, data: ids } = await integers(golden.input("tokens"));
  const texts = encodeText(parameters, config, { ids, length: shape.at(-1)! });
  await compare("features", await images.data() as Float32Array);
  await compare("text_features", await texts.data() as Float32Array);
  const scale = parameters.get("logit_scale");
  const logits = similarity(images, l2Normalize(texts), scale);
  await compare("logits_per_image", await logits.data() as Float32Array);
}

async function training(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  const { config, parameters } = await modelOf(golden, device);
  const visual = parameters.at("visual");
  const frames = upload(device, await floats(golden.input("image")));
  const names = golden.outputs.filter((name) => /^grad[._]/.test(name));
  const watched = names.map((name) =>
    name === "grad_image" ? frames : visual.get(name.replace("grad.", ""))
  );
  using tape = new Tape();
  tape.watch(...watched);
  const features = tape.run(() => encodeFrames(visual, config, frames, { training: true }));
  const compare = async (output: string, found: ArrayLike<number>, tolerance: Tolerance) =>
    checks.close(output, found, (await floats(golden.output(output))).data, tolerance);
  const part = (name: string) => parseTolerance(golden.tolerance, name);
  await compare("features", await features.data() as Float32Array, part("features"));

  // The gradients are those of the sum of the features, weighted by `proj`.
  const weights = upload(device, await floats(golden.output("proj")));
  const gradients = tape.backward(features, watched, weights);
  for (const [i, name] of names.entries()) {
    await compare(name, await gradients[i]!.data() as Float32Array, part("grads"));
  }
  for (const name of golden.outputs.filter((name) => name.startsWith("after."))) {
    const buffer = visual.get(name.replace("after.", ""));
    const tolerance = name.endsWith("num_batches_tracked") ? EXACT : part("running stats");
    await compare(name, await buffer.data() as Float32Array, tolerance);
  }
}

export const resNet: Kinds = {
  kinds: [
    { function: /:CLIP\.encode_image \(ModifiedResNet\)/, run: evaluation },
    { function: TRAINS, run: training },
  ],
};
