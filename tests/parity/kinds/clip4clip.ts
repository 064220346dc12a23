/**
 * CenterCLIP's model: embeddings, similarities, loss and every gradient.
 *
 * @module
 */
import {
  CenterClip,
  configOf,
  crossEncode,
  type Groupings,
  type PairBatch,
  Scope,
  segmentMask,
  Tape,
  tensor,
  trainingPass,
} from "../../../mod.ts";
import { type HostBatch, readBatch, uploadBatch } from "../batch.ts";
import type { Checks } from "../checks.ts";
import type { GoldenCase } from "../golden.ts";
import { compareGradients } from "../gradients.ts";
import type { Context, Kinds } from "../kind.ts";
import {
  configOf as configFrom,
  extrasOf,
  headOf,
  modelOf,
  parametersOf,
  stateOf,
  withTemperature,
} from "../model.ts";
import { parseTolerance } from "../tolerance.ts";
import { compareChoices, groupingsOf, traceBlocks } from "../trace.ts";
import { floats, upload } from "../values.ts";

/** The batch of a case. What an evaluation case leaves unsaid is the area's. */
function batchOf(golden: GoldenCase): Promise<HostBatch> {
  return readBatch((name) =>
    golden.hasInput(name) ? golden.input(name) : golden.area.file.tensor(name)
  );
}

/** Training and evaluation of one batch. */
async function forward(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const { params, entry } = golden;
  const device = await context.device();
  using _scope = new Scope(device);
  const state = withTemperature(await stateOf(golden), params);
  const parameters = parametersOf(device, state);
  const batch = uploadBatch(device, await batchOf(golden));
  const model = modelOf(parameters, configFrom(golden.area.manifest.object("config")), params);

  const robust = entry.flag("robust");
  const injected = robust ? undefined : await groupingsOf(golden, model.plan, device);
  if (robust) await compareChoices(golden, checks, traceBlocks(model, batch.frames, injected));
  await similarities(golden, checks, model, batch, injected);

  await lossAndGradients(golden, checks, model, batch, injected);
}

/** The loss, its parts, and what it says to every parameter. */
async function lossAndGradients(
  golden: GoldenCase,
  checks: Checks,
  model: CenterClip,
  batch: PairBatch,
  injected?: Groupings,
): Promise<void> {
  using tape = new Tape();
  const { entry } = golden;
  const none = entry.has("grad_none") ? entry.texts("grad_none") : [];
  const names = [...entry.object("grad_stats").keys, ...none];
  const watched = names.map((name) => model.parameters.get(name));
  tape.watch(...watched);
  // DeepCluster has a loss in training alone; nothing else here tells training from evaluation.
  const training = golden.params.flag("deep_cluster") ? trainingPass(0, 0, 0) : undefined;
  const { total, contrastive, cluster } = tape.run(() =>
    model.losses(batch, { groupings: injected, training })
  );
  const found = { loss: total, sim_loss: contrastive, cluster_loss: cluster };
  const tolerance = parseTolerance(golden.tolerance, "loss");
  for (const [output, value] of Object.entries(found)) {
    if (!golden.hasOutput(output)) continue;
    const { data } = await floats(golden.output(output));
    const values = value ? await value.data() as Float32Array : [0];
    checks.close(output, values, data, tolerance);
  }
  const gradients = tape.backward(total, watched);
  await compareGradients(golden, checks, new Map(names.map((name, i) => [name, gradients[i]])));
}

/** What both encoders give, the mask, and similarities of the batch and of a part of it. */
async function similarities(
  golden: GoldenCase,
  checks: Checks,
  model: CenterClip,
  batch: PairBatch,
  injected: Groupings | undefined,
): Promise<void> {
  const tolerance = parseTolerance(golden.tolerance, "sim");
  const compare = async (output: string, values: { data(): Promise<ArrayLike<number>> }) => {
    const { data } = await floats(golden.output(output));
    checks.close(output, await values.data(), data, tolerance);
  };
  const texts = model.encodeText(batch.text);
  const videos = model.encodeVideo(batch.frames, { groupings: injected });
  await compare("sequence_output", texts);
  await compare("visual_output", videos);
  const logits = model.logits(batch, { groupings: injected });
  await compare("sim_matrix_train", logits);
  await compare("sim_matrix_eval", logits);

  const { segments, device, options: { maxFrames } } = model, { videoMask } = batch;
  const mask = segmentMask(videoMask, maxFrames, segments, { compat: "reference" });
  const output = "video_mask_after_cluster";
  checks.equal(output, mask, (await golden.output(output)).data);

  // Evaluation meets encoded texts and videos block by block: here the first texts, the last videos.
  const part = golden.outputs.find((name) => name.startsWith("sim_eval_rect_"))!;
  const [, rows, columns] = part.match(/_(\d+)x(\d+)$/)!.map(Number);
  const { embedDim } = model.config, skipped = videoMask.length / maxFrames - columns;
  const text = (await texts.data() as Float32Array<ArrayBuffer>).slice(0, rows * embedDim);
  const video = (await videos.data() as Float32Array<ArrayBuffer>)
    .slice(skipped * segments * embedDim);
  const pooled = model.keepVideo(
    tensor(device, video, [columns, segments, embedDim]),
    videoMask.slice(skipped * maxFrames),
  );
  await compare(part, model.similarity(tensor(device, text, [rows, embedDim]), pooled));
}

/** Evaluation: texts alone, some of the videos alone, and videos pooled before they are kept. */
async function evaluation(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  const host = await batchOf(golden), maxFrames = host.mask.shape.at(-1)!;
  const { text, frames, videoMask } = uploadBatch(device, host);
  const config = configFrom(golden.area.manifest.object("config"));
  const parameters = parametersOf(device, await golden.inputGroup("state_dict"));
  const model = new CenterClip(parameters, config, { maxFrames, compat: "reference" });
  const texts = model.encodeText(text), vectors = model.encodeVideo(frames);
  const pooled = model.keepVideo(vectors, videoMask);
  const tolerance = parseTolerance(golden.tolerance);
  for (const output of golden.outputs) {
    const [, rows = ""] = output.match(/^visual_output_rows_([\d_]+)$/) ?? [];
    const size = maxFrames * config.embedDim;
    const found = output === "sequence_output"
      ? await texts.data()
      : output === "visual_output"
      ? await pooled.features.data()
      : output === "sim"
      ? await model.similarity(texts, pooled).data()
      : selectRows(await vectors.data() as Float32Array, size, rows.split("_").map(Number));
    const { data } = await floats(golden.output(output));
    checks.close(output, found, data, tolerance);
  }
}

/** Rows of `size` elements. */
function selectRows(values: Float32Array, size: number, rows: readonly number[]): number[] {
  return rows.flatMap((row) => [...values.subarray(row * size, (row + 1) * size)]);
}

/** Added to the variance in the norms of CLIP4Clip's own modules. */
const NORM_EPS = 1e-12;

/** CLIP4Clip's own repository: the model without clustering. */
async function original(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const { params, entry } = golden;
  const device = await context.device();
  using _scope = new Scope(device);
  const source = golden.area.sibling(golden.inputText("source"));
  const host = await readBatch(source), batch = uploadBatch(device, host);
  const [, pattern] = entry.text("clip_state").split(" ");
  const state = await golden.area.sibling(entry.text("clip_state")).group(pattern);
  const shapes = new Map(Array.from(state, ([name, { shape }]) => [name, shape]));
  const whole = new Map(Array.from(state, ([name, values]) => [`clip.${name}`, values]));
  for (const [name, values] of await extrasOf(golden)) whole.set(name, values);
  const model = new CenterClip(parametersOf(device, whole), configOf(shapes), {
    maxFrames: host.mask.shape.at(-1)!,
    head: headOf(params, NORM_EPS),
    compat: "reference",
  });

  const similarity = parseTolerance(golden.tolerance, "sim");
  const outputs = {
    sequence_output: model.encodeText(batch.text),
    visual_output: model.encodeVideo(batch.frames),
    sim_matrix: model.logits(batch),
  };
  for (const [output, values] of Object.entries(outputs)) {
    const { data } = await floats(golden.output(output));
    checks.close(output, await values.data() as Float32Array, data, similarity);
  }
  await lossAndGradients(golden, checks, model, batch);
}

/** The cross encoder of tightTransf by itself. */
async function crossModel(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const { params } = golden, device = await context.device();
  using _scope = new Scope(device);
  const parameters = parametersOf(device, await golden.inputGroup("state"));
  const mask = Float32Array.from((await golden.input("mask")).data);
  const { encoded, pooled } = crossEncode(
    parameters,
    upload(device, await floats(golden.input("x"))),
    mask,
    {
      layers: params.number("layers"),
      heads: params.number("heads"),
      dropout: 0,
      normEps: NORM_EPS,
    },
  );
  const tolerance = parseTolerance(golden.tolerance);
  for (const [output, values] of Object.entries({ encoded, pooled })) {
    const { data } = await floats(golden.output(output));
    checks.close(output, await values.data() as Float32Array, data, tolerance);
  }
}

export const clip4clip: Kinds = {
  kinds: [
    { function: /:CLIP4Clip\.forward \/ get_similarity_logits/, run: forward },
    { function: /^CLIP4Clip\/.*:CLIP4Clip\.forward$/, run: original },
    { function: /:CrossModel\.forward\b/, run: crossModel },
    { function: /^CLIP4Clip\.forward ?\((eval|text only)/, run: evaluation },
  ],
};
