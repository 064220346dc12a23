/**
 * CLIP's encoders, with token clustering between the blocks of the vision transformer.
 *
 * @module
 */
import {
  compat,
  encodeFrames,
  encodeText,
  l2Normalize,
  Scope,
  similarity,
  Tape,
  transpose,
} from "../../../mod.ts";
import type { Checks } from "../checks.ts";
import type { GoldenCase } from "../golden.ts";
import type { Context, Kinds } from "../kind.ts";
import { configOf, modelOf, parametersOf, stateOf } from "../model.ts";
import { parseTolerance } from "../tolerance.ts";
import { compareChoices, groupingsOf, type Trace, traceBlocks } from "../trace.ts";
import { floats, integers, swapAxes, upload } from "../values.ts";

/** Tensor of token ids as the encoder takes it. */
async function tokensOf(golden: GoldenCase, name: string) {
  const { shape, data } = await integers(golden.input(name));
  return { ids: data, length: shape.at(-1)! };
}

async function text(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  const config = configOf(golden.params.object("config"));
  const parameters = parametersOf(device, await golden.inputGroup("state_dict"));
  const tolerance = parseTolerance(golden.tolerance, "features");
  for (const output of golden.outputs) {
    const [, what, length] = output.match(/^(features|hidden)_(\w+)$/) ?? [];
    const encode = what === "hidden" ? compat.encodeEveryToken : encodeText;
    const found = encode(parameters, config, await tokensOf(golden, `tokens_${length}`));
    const expected = await floats(golden.output(output));
    checks.close(output, await found.data() as Float32Array, expected.data, tolerance);
  }
}

/** Similarities of single frames and texts. */
async function logits(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  const config = configOf(golden.params.object("config"));
  const parameters = parametersOf(device, await golden.inputGroup("state_dict"));
  const frames = upload(device, await floats(golden.input("video")));
  const images = l2Normalize(encodeFrames(parameters.at("visual"), config, frames));
  const texts = encodeText(parameters, config, await tokensOf(golden, "tokens"));
  const perText = similarity(texts, images, parameters.get("logit_scale"));
  const tolerance = parseTolerance(golden.tolerance);
  const expected = await floats(golden.output("logits_per_text"));
  const [rows, cols] = expected.shape, found = await perText.data() as Float32Array;
  checks.close("logits_per_text", found, expected.data, tolerance);
  const transposed = await floats(golden.output("logits_per_image"));
  checks.close("logits_per_image", transpose(found, rows, cols), transposed.data, tolerance);
}

/** Compares the tokens after each block with `block<i>_out_LND`, which has the tokens outermost. */
async function compareStates(golden: GoldenCase, checks: Checks, { states }: Trace): Promise<void> {
  const tolerance = parseTolerance(golden.tolerance, "image_features");
  for (const [i, state] of states.entries()) {
    const name = `block${i + 1}_out_LND`;
    if (!golden.hasOutput(name)) continue;
    const { shape: [length, batch, width], data } = await floats(golden.output(name));
    checks.close(name, swapAxes(await state, [batch, length, width]), data, tolerance);
  }
}

/**
 * Frame vectors and their gradients through the model; and the same block by block, to compare what the
 * clustering chooses and the tokens in between. Where rounding decides the choice, the reference's is
 * injected.
 */
async function image(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const { params } = golden, flags = params.object("args");
  const device = await context.device();
  using _scope = new Scope(device);
  const config = configOf(params.object("config"));
  const parameters = parametersOf(device, await stateOf(golden), "clip.");
  const model = modelOf(parameters, config, flags, params);
  const frames = upload(device, await floats(golden.input("video")));
  const robust = golden.entry.flag("robust");
  const injected = robust ? undefined : await groupingsOf(golden, model.plan, device);
  const trace = traceBlocks(model, frames, injected);
  if (robust) await compareChoices(golden, checks, trace);
  await compareStates(golden, checks, trace);

  using tape = new Tape();
  const names = golden.outputs.filter((name) => name.startsWith("grad."));
  const watched = names.map((name) => parameters.get(name.replace("grad.", "clip.")));
  tape.watch(...watched);
  const features = tape.run(() => model.encodeVideo(frames, { groupings: injected }));
  const expected = await floats(golden.output("image_features"));
  checks.close(
    "image_features",
    await features.data() as Float32Array,
    expected.data,
    parseTolerance(golden.tolerance, "image_features"),
  );
  if (names.length === 0) return;
  // The gradients are those of the sum of the features, weighted by `proj`.
  const weights = upload(device, await floats(golden.output("proj")));
  const gradients = tape.backward(features, watched, weights.reshape(features.shape));
  const tolerance = parseTolerance(golden.tolerance, "grad");
  for (const [i, name] of names.entries()) {
    const { data } = await floats(golden.output(name));
    checks.close(name, await gradients[i]!.data() as Float32Array, data, tolerance);
  }
}

export const clip: Kinds = {
  kinds: [
    { function: /:CLIP\.encode_text$/, run: text },
    { function: /:CLIP\.encode_image$/, run: image },
    { function: /\/clip\.py:CLIP\.forward$/, run: logits },
  ],
};
