/**
 * Optimisers, gradient clipping and losses.
 *
 * @module
 */
import {
  AdamW,
  BertAdam,
  bertAdamMultiplier,
  type BertAdamSchedule,
  clampScalar,
  clipGradients,
  contrastiveLoss,
  crossEntropy,
  type Device,
  learningRate,
  LOGIT_SCALE_RANGE,
  maxMarginLoss,
  milNceLoss,
  type Optimizer,
  Scope,
  Tape,
  type Tensor,
  tensor,
  type Trainable,
} from "../../../mod.ts";
import type { Checks } from "../checks.ts";
import type { Fields } from "../fields.ts";
import type { GoldenCase } from "../golden.ts";
import type { Context, Kinds, Table } from "../kind.ts";
import { EXACT, parseTolerance } from "../tolerance.ts";
import { floats, upload } from "../values.ts";

/** The optimiser of a case, and the rates of its parameters before a step. */
interface Case {
  readonly optimiser: Optimizer;
  readonly base: (step: number) => number;
  readonly rates: (step: number) => number[];
}

/** Parameters p0, p1, ... of the groups of these names. */
async function parametersOf(golden: GoldenCase, device: Device): Promise<Trainable[]> {
  const { params } = golden;
  return await Promise.all(
    params.texts("groups").map(async (group, i) => ({
      rule: {
        name: `p${i}`,
        rateFactor: group.startsWith("clip") ? params.number("coef_lr") : 1,
        weightDecay: group.endsWith("no-decay") ? 0 : params.number("wd"),
      },
      tensor: upload(device, await floats(golden.input(`p${i}`))),
    })),
  );
}

function adamW({ params }: GoldenCase, device: Device, parameters: readonly Trainable[]): Case {
  const total = params.number("t_total"), [beta1, beta2] = params.numbers("betas");
  const maxNorm = params.optionalNumber("clip_grad_norm_global") ?? Infinity;
  const base = (step: number) =>
    learningRate(step, {
      base: params.number("lr"),
      total,
      warmup: params.number("warmup_proportion") * total,
      decay: { kind: params.text("schedule") as "cos" },
    });
  return {
    optimiser: new AdamW(device, parameters, { beta1, beta2, eps: params.number("eps"), maxNorm }),
    base,
    rates: (step) => parameters.map(({ rule }) => base(step) * rule.rateFactor),
  };
}

function bertAdam({ params }: GoldenCase, device: Device, parameters: readonly Trainable[]): Case {
  const [beta1, beta2] = params.numbers("betas"), base = params.number("lr");
  const total = params.number("t_total"), warmup = params.number("warmup_proportion");
  const schedule = params.text("schedule") as BertAdamSchedule;
  const optimiser = new BertAdam(device, parameters, {
    total,
    warmup,
    schedule,
    betas: [beta1, beta2],
    eps: params.number("eps"),
    maxNorm: params.optionalNumber("clip_grad_norm_global") ?? Infinity,
    ownMaxNorm: params.optionalNumber("bertadam_per_parameter_clip") ?? Infinity,
  });
  // What the manifest lists goes by the run's steps, also of a parameter that never has a gradient.
  const factor = (step: number) =>
    total === -1 ? 1 : bertAdamMultiplier(schedule, step / total, warmup);
  return {
    optimiser,
    base: () => base,
    rates: (step) => parameters.map(({ rule }) => base * rule.rateFactor * factor(step)),
  };
}

/** Takes as many steps as there are results. */
function stepping(make: typeof adamW) {
  return async (golden: GoldenCase, checks: Checks, context: Context): Promise<void> => {
    const { params, entry } = golden, device = await context.device();
    using _scope = new Scope(device);
    const parameters = await parametersOf(golden, device);
    const { optimiser, base, rates } = make(golden, device, parameters);
    using _optimiser = optimiser;
    const clips = params.optionalNumber("clip_grad_norm_global") !== undefined;
    const tolerance = parseTolerance(golden.tolerance);
    const expectedRates = entry.rows("lr_per_step_per_group");
    const norms = entry.numbers("global_grad_norm_before_clip");
    for (let step = 0; step < expectedRates.length; step++) {
      checks.close(
        `lr_per_step_per_group[${step}]`,
        rates(step),
        expectedRates[step],
        tolerance,
      );
      const gradients: (Tensor | undefined)[] = [];
      for (const { rule: { name } } of parameters) {
        const gradient = `g${step}_${name}`;
        gradients.push(
          golden.hasInput(gradient)
            ? upload(device, await floats(golden.input(gradient)))
            : undefined,
        );
      }
      const [norm] = await optimiser.step(gradients, base(step)).data();
      if (clips) {
        checks.close(`global_grad_norm_before_clip[${step}]`, [norm], [norms[step]], tolerance);
      }
      for (const { rule: { name }, tensor } of parameters) {
        const output = `${name}_after${step}`;
        const expected = await floats(golden.output(output));
        checks.close(output, await tensor.data() as Float32Array, expected.data, tolerance);
      }
    }
  };
}

/** Gradients g0, g1, ... scaled together. */
async function clipping(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  const gradients: Tensor<"f32">[] = [];
  while (golden.hasInput(`g${gradients.length}`)) {
    gradients.push(upload(device, await floats(golden.input(`g${gradients.length}`))));
  }
  const clip = clipGradients(gradients, golden.params.number("max_norm"));
  const tolerance = parseTolerance(golden.tolerance);
  const [norm] = await clip.data();
  checks.close("total_norm", [norm], (await floats(golden.output("total_norm"))).data, tolerance);
  for (const [i, gradient] of gradients.entries()) {
    const expected = await floats(golden.output(`g${i}_clipped`));
    checks.close(`g${i}_clipped`, await gradient.data(), expected.data, tolerance);
  }
}

/** The contrastive loss of a similarity matrix, its halves, and its gradient. */
async function contrastive(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const device = await context.device();
  using _scope = new Scope(device);
  using tape = new Tape();
  const similarity = upload(device, await floats(golden.input("sim")));
  tape.watch(similarity);
  const tolerance = parseTolerance(golden.tolerance);
  const losses = {
    loss_t2v: crossEntropy(similarity),
    loss_v2t: crossEntropy(similarity, { transpose: true }),
    loss: tape.run(() => contrastiveLoss(similarity)),
  };
  for (const [name, loss] of Object.entries(losses)) {
    const expected = await floats(golden.output(name));
    checks.close(name, await loss.data() as Float32Array, expected.data, tolerance);
  }
  const [gradient] = tape.backward(losses.loss, [similarity]);
  const expected = await floats(golden.output("grad"));
  checks.close("grad", await gradient!.data() as Float32Array, expected.data, tolerance);
}

/** Rows are a value and what it is clamped to. */
const clamp: Table = {
  name: "logit_scale_clamp",
  run: async ({ manifest }, checks, context) => {
    const table = manifest.object("logit_scale_clamp"), rows = table.rows("rows");
    checks.equal("min, max", LOGIT_SCALE_RANGE, [table.number("min"), table.number("max")]);
    using values = tensor(await context.device(), Float32Array.from(rows, ([value]) => value));
    clampScalar(values, ...LOGIT_SCALE_RANGE);
    checks.close("rows", await values.data(), rows.map(([, clamped]) => clamped), EXACT);
  },
};

/** A loss over a similarity matrix and its gradient. */
function ranking(loss: (similarity: Tensor, params: Fields) => Tensor) {
  return async (golden: GoldenCase, checks: Checks, context: Context): Promise<void> => {
    const device = await context.device();
    using _scope = new Scope(device);
    using tape = new Tape();
    const similarity = upload(device, await floats(golden.input("sim")));
    tape.watch(similarity);
    const found = tape.run(() => loss(similarity, golden.params));
    const [gradient] = tape.backward(found, [similarity]);
    const tolerance = parseTolerance(golden.tolerance);
    for (const [name, values] of [["loss", found], ["grad", gradient!]] as const) {
      const expected = await floats(golden.output(name));
      checks.close(name, await values.data() as Float32Array, expected.data, tolerance);
    }
  };
}

const milNce = ranking((similarity, params) => milNceLoss(similarity, params.number("n_pair")));

const maxMargin = ranking((similarity, params) =>
  maxMarginLoss(similarity, {
    margin: params.number("margin"),
    weighting: params.flag("negative_weighting")
      ? {
        pairs: params.number("n_pair"),
        hardNegativeRate: params.number("hard_negative_rate"),
      }
      : undefined,
  })
);

export const optim: Kinds = {
  kinds: [
    { function: /^torch\.optim\.AdamW\b/, run: stepping(adamW) },
    { function: /:BertAdam$/, run: stepping(bertAdam) },
    { function: /^torch\.nn\.utils\.clip_grad_norm_$/, run: clipping },
    { function: /^modules\/losses\.py:CrossEn$/, run: contrastive },
    { function: /:MILNCELoss\b/, run: milNce },
    { function: /:MaxMarginRankingLoss\b/, run: maxMargin },
  ],
  tables: [clamp],
};
