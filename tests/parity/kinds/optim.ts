/**
 * Optimisers, gradient clipping and losses.
 *
 * @module
 */
import {
  AdamW,
  clampScalar,
  clipGradients,
  contrastiveLoss,
  crossEntropy,
  learningRate,
  LOGIT_SCALE_RANGE,
  Scope,
  Tape,
  type Tensor,
  tensor,
} from "../../../mod.ts";
import type { Checks } from "../checks.ts";
import type { GoldenCase } from "../golden.ts";
import { type Context, type Kinds, notBuilt, type Table } from "../kind.ts";
import { EXACT, parseTolerance } from "../tolerance.ts";
import { floats, upload } from "../values.ts";

/** Parameters p0, p1, ... of the groups of these names, over as many steps as there are results. */
async function adamW(golden: GoldenCase, checks: Checks, context: Context): Promise<void> {
  const { params, entry } = golden, device = await context.device();
  using _scope = new Scope(device);
  const total = params.number("t_total"), maxNorm = params.optionalNumber("clip_grad_norm_global");
  const [beta1, beta2] = params.numbers("betas"), eps = params.number("eps");
  const parameters = await Promise.all(
    params.texts("groups").map(async (group, i) => ({
      rule: {
        name: `p${i}`,
        rateFactor: group.startsWith("clip") ? params.number("coef_lr") : 1,
        weightDecay: group.endsWith("no-decay") ? 0 : params.number("wd"),
      },
      tensor: upload(device, await floats(golden.input(`p${i}`))),
    })),
  );
  using optimiser = new AdamW(device, parameters, {
    beta1,
    beta2,
    eps,
    maxNorm: maxNorm ?? Infinity,
  });
  const tolerance = parseTolerance(golden.tolerance);
  const rates = entry.rows("lr_per_step_per_group");
  const norms = entry.numbers("global_grad_norm_before_clip");
  for (let step = 0; step < rates.length; step++) {
    const rate = learningRate(step, {
      base: params.number("lr"),
      total,
      warmup: params.number("warmup_proportion") * total,
      decay: { kind: params.text("schedule") as "cos" },
    });
    const found = parameters.map(({ rule }) => rate * rule.rateFactor);
    checks.close(`lr_per_step_per_group[${step}]`, found, rates[step], tolerance);
    const gradients: (Tensor | undefined)[] = [];
    for (const { rule: { name } } of parameters) {
      const gradient = `g${step}_${name}`;
      gradients.push(
        golden.hasInput(gradient)
          ? upload(device, await floats(golden.input(gradient)))
          : undefined,
      );
    }
    const [norm] = await optimiser.step(gradients, rate).data();
    if (maxNorm !== undefined) {
      checks.close(`global_grad_norm_before_clip[${step}]`, [norm], [norms[step]], tolerance);
    }
    for (const { rule: { name }, tensor } of parameters) {
      const output = `${name}_after${step}`;
      const expected = await floats(golden.output(output));
      checks.close(output, await tensor.data() as Float32Array, expected.data, tolerance);
    }
  }
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

const UNUSED = "the losses that the original defines and never uses";

export const optim: Kinds = {
  kinds: [
    { function: /^torch\.optim\.AdamW\b/, run: adamW },
    { function: /:BertAdam$/, run: notBuilt("BertAdam") },
    { function: /^torch\.nn\.utils\.clip_grad_norm_$/, run: clipping },
    { function: /^modules\/losses\.py:CrossEn$/, run: contrastive },
    { function: /:(MILNCELoss|MaxMarginRankingLoss)\b/, run: notBuilt(UNUSED) },
  ],
  tables: [clamp],
};
