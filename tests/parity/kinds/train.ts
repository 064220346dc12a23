/**
 * The training loop, in one process and in several.
 *
 * The loop takes its settings as the command line does, so `mod.ts` does not export it.
 *
 * @module
 */
import {
  type CenterClip,
  configOf,
  formatMetrics,
  type PairBatch,
  retrievalMetrics,
  Scope,
  transpose,
} from "../../../mod.ts";
import { defaultsOf, flags, type Settings } from "../../../src/train/config/settings.ts";
import { Trainer } from "../../../src/train/trainer.ts";
import { type HostBatch, readBatch, uploadBatch } from "../batch.ts";
import type { Checks } from "../checks.ts";
import type { Fields } from "../fields.ts";
import type { GoldenCase } from "../golden.ts";
import type { GoldenTensor } from "../golden_file.ts";
import { projection } from "../gradients.ts";
import { type Context, type Kinds, notBuilt } from "../kind.ts";
import { modelOf, parametersOf, withNewParameters, withTemperature } from "../model.ts";
import { EXACT, parseTolerance } from "../tolerance.ts";
import { floats } from "../values.ts";

/** A run's settings from the original's parameters. */
function settingsOf(params: Fields): Settings {
  return {
    ...defaultsOf(flags),
    lr: params.number("lr"),
    coef_lr: params.number("coef_lr"),
    wd: params.number("wd"),
    beta1: params.number("beta1"),
    beta2: params.number("beta2"),
    eps: params.number("eps"),
    warmup_proportion: params.number("warmup_proportion"),
    clip_grad_norm: params.optionalNumber("clip_grad_norm") ?? Infinity,
    freeze_layer_num: params.number("freeze_layer_num"),
    optim: params.text("optim") as Settings["optim"],
    linear_patch: params.text("linear_patch") as "2d" | "3d",
    compat: "reference",
  };
}

/** The batch of a micro-step: the videos fade. That the samples are shifted too changes no loss. */
function faded({ ids, mask, video }: HostBatch, step: number): HostBatch {
  const data = video.data.map((value) => value * Math.fround(1 - 0.05 * step));
  return { ids, mask, video: { shape: video.shape, data } };
}

async function run(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const { params, entry } = golden;
  const device = await context.device();
  using _scope = new Scope(device);
  const source = golden.area.sibling(golden.inputText("source"));
  const saved = withTemperature(await source.group("sd.model/*"), params);
  const shapes = new Map(
    Array.from(saved, ([name, { shape }]) => [name.replace("clip.", ""), shape]),
  );
  const config = configOf(shapes);
  const state = await withNewParameters(saved, config, params);
  const parameters = parametersOf(device, state);
  const model = modelOf(parameters, config, params), settings = settingsOf(params);
  using trainer = new Trainer(model, settings, params.number("t_total"));

  const host = await readBatch(source), scalars = entry.object("scalars");
  const size = params.number("gradient_accumulation_steps");
  const steps = params.number("steps") / size;
  const losses: number[] = [], scales: number[] = [], rates: number[] = [];
  let total = 0;
  for (let step = 0; step < steps; step++) {
    const parts: PairBatch[] = Array.from(
      { length: size },
      (_, i) => uploadBatch(device, faded(host, step * size + i)),
    );
    // The original logs the loss of the last part alone.
    const [last] = await model.loss(parts.at(-1)!).data() as Float32Array;
    trainer.step(parts, step);
    const { loss, logitScale, lr } = await trainer.report();
    losses.push(size === 1 ? loss : last);
    total += loss;
    scales.push(logitScale);
    rates.push(lr);
  }
  checks.equal("global_step", [steps], [entry.number("global_step")]);
  const sim = parseTolerance(golden.tolerance, "sim_loss");
  const expected = scalars.numbers("train/sim_loss");
  checks.equal("cluster_loss", losses.map(() => 0), scalars.numbers("train/cluster_loss"));
  checks.close("lr", rates, scalars.numbers("train/lr"), { ...EXACT, rtol: 1e-12 });
  if (/^first two\b/.test(golden.tolerance)) {
    // Chaotic after that: only the clamp of the scale is left to see.
    checks.close("sim_loss", losses.slice(0, 2), expected.slice(0, 2), sim);
    checks.holds("the scale leaves its range", scales.every((scale) => scale >= Math.fround(0.1)));
    golden.outputs.forEach((output) => golden.waive(output));
    return;
  }
  checks.close("sim_loss", losses, expected, sim);
  checks.close(
    "mean_loss",
    [total / steps / size],
    [entry.number("mean_loss_returned")],
    sim,
  );
  const values = parseTolerance(golden.tolerance, "parameters");
  checks.close("scale", scales, scalars.numbers("train/scale"), values);
  for (const output of golden.outputs) {
    const { data } = await floats(golden.output(output));
    const found = await parameters.get(output.replace("after.", "")).data() as Float32Array;
    checks.close(output, found.subarray(0, data.length), data, values);
  }
  await compareStats(golden, checks, model, state);
  await compareMetrics(entry.object("eval_after"), checks, model, uploadBatch(device, host));
}

/** Every parameter's change, norm and projection. */
async function compareStats(
  golden: GoldenCase,
  checks: Checks,
  { parameters }: CenterClip,
  before: ReadonlyMap<string, GoldenTensor>,
): Promise<void> {
  const stats = golden.entry.object("param_stats_after");
  const { rtol } = parseTolerance(golden.tolerance, "delta_norm");
  for (const name of stats.keys) {
    const found = await parameters.get(name).data() as Float32Array;
    const old = before.get(name)!.data, expected = stats.object(name);
    const delta = expected.number("delta_norm");
    const sum = (term: (value: number, i: number) => number) =>
      found.reduce((total, value, i) => total + term(value, i), 0);
    const change = Math.sqrt(sum((value, i) => (value - old[i]) ** 2));
    checks.close(`change of ${name}`, [change], [delta], { ...EXACT, rtol, atol: 1e-7 });
    // A norm or a projection is off by no more than the change is, and the rounding of f32.
    const norm = Math.sqrt(sum((value) => value ** 2));
    const tolerance = { ...EXACT, rtol: 1e-6, atol: rtol * delta };
    checks.close(`norm of ${name}`, [norm], [expected.number("norm")], tolerance);
    const dot = sum((value, i) => value * projection(i));
    checks.close(`projection of ${name}`, [dot], [expected.number("dot_cos")], {
      ...tolerance,
      atol: rtol * delta + 1e-6 * norm,
    });
  }
}

/** The lines that an evaluation of the trained model logs. */
async function compareMetrics(
  expected: Fields,
  checks: Checks,
  model: CenterClip,
  batch: PairBatch,
): Promise<void> {
  const logits = model.logits(batch), [n] = logits.shape;
  const scores = await logits.data() as Float32Array<ArrayBuffer>;
  const options = { compat: "reference" } as const;
  const t2v = retrievalMetrics(scores, n, n, options);
  const v2t = retrievalMetrics(transpose(scores, n, n), n, n, options);
  checks.equal("R1", [t2v.R1], [expected.number("R1")]);
  checks.same("info", formatMetrics({ t2v, v2t }), expected.texts("info"));
}

export const train: Kinds = {
  kinds: [
    { function: /^main\.py:train_epoch$/, run },
    { function: /DistributedDataParallel$/, run: notBuilt("training in several processes") },
  ],
};
