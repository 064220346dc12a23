/**
 * One optimiser step: forward, backward, clipping, update; nothing of it waits for the GPU.
 *
 * @module
 */
import { Tape } from "../autograd/tape.ts";
import { trainingPass } from "../centerclip/forward.ts";
import type { CenterClip, PairBatch } from "../centerclip/model.ts";
import { referenceTrainable } from "../compat/training.ts";
import { UserError } from "../errors.ts";
import { addInto } from "../ops/add_into.ts";
import { scale } from "../ops/affine.ts";
import { clampScalar } from "../ops/clamp_scalar.ts";
import { FiniteLatch } from "../ops/finite_latch.ts";
import { AdamW } from "../optim/adamw.ts";
import { BertAdam } from "../optim/bert_adam.ts";
import { isTrainable, parameterRules } from "../optim/groups.ts";
import { LossScale } from "../optim/loss_scale.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { learningRate, LOGIT_SCALE_RANGE } from "../optim/schedule.ts";
import { outsideScopes, Scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Settings } from "./config/settings.ts";

const LOGIT_SCALE = "clip.logit_scale";
/** A run ends below it: where gradients overflow f16 unscaled, steps would be skipped for ever. */
const LEAST_SCALE = 1;

/** What a step left behind, read when someone asks. */
export interface StepReport {
  /** What was minimised: the contrastive loss and the clustering's. */
  readonly loss: number;
  /** The part of it by which clustering learns; 0 where it does not. */
  readonly clusterLoss: number;
  readonly gradNorm: number;
  readonly logitScale: number;
  /** The learning rate that the original logs. */
  readonly lr: number;
  /** Whether the step changed anything: its gradients were finite. */
  readonly applied: boolean;
  /** The loss scale of the step to come; absent in f32. */
  readonly lossScale?: number;
}

/** The optimiser that settings ask for, over the parameters that learn. */
function optimizerOf(model: CenterClip, settings: Settings, total: number): Optimizer {
  const { freeze_layer_num, linear_patch, compat, optim, warmup_proportion: warmup } = settings;
  const { coef_lr, wd, beta1, beta2, eps, clip_grad_norm: maxNorm } = settings;
  const learns = compat === "reference" ? referenceTrainable : isTrainable;
  const names = model.parameters.entries().map(([name]) => name)
    .filter((name) => learns(name, freeze_layer_num, linear_patch));
  const parameters = parameterRules(names, { coefLr: coef_lr, weightDecay: wd })
    .map((rule) => ({ rule, tensor: model.parameters.get(rule.name) }));
  return optim === "BertAdam"
    ? new BertAdam(model.device, parameters, { total, warmup, maxNorm })
    : new AdamW(model.device, parameters, { beta1, beta2, eps, maxNorm });
}

/** Trains a model, step by step. */
export class Trainer implements Disposable {
  readonly optimizer: Optimizer;
  /** With `--precision amp`. */
  readonly lossScale?: LossScale;
  readonly #latch: FiniteLatch;
  #contrastive?: Tensor;
  #cluster?: Tensor;
  #clip?: Tensor<"f32">;

  /** @param totalSteps Optimiser steps of the whole run: the length of the schedule. */
  constructor(
    readonly model: CenterClip,
    private readonly settings: Settings,
    private readonly totalSteps: number,
  ) {
    this.optimizer = optimizerOf(model, settings, totalSteps);
    if (settings.precision === "amp") this.lossScale = new LossScale(model.device);
    this.#latch = new FiniteLatch(model.device);
  }

  /** What the optimiser is given as the rate of the step after `step` steps. */
  #rate(step: number): number {
    const { lr, warmup_proportion } = this.settings;
    if (this.optimizer instanceof BertAdam) return lr; // it has a schedule of its own
    const total = this.totalSteps;
    return learningRate(step, { base: lr, total, warmup: warmup_proportion * total });
  }

  /**
   * Takes one optimiser step over the parts of a batch.
   *
   * @param step Steps taken before this one.
   */
  step(parts: readonly PairBatch[], step: number): void {
    const { device } = this.model, lossScale = this.lossScale?.scale;
    using _scope = new Scope(device);
    const targets = this.optimizer.parameters.map(({ tensor }) => tensor);
    let contrastive: Tensor | undefined, cluster: Tensor | undefined;
    const gradients: (Tensor | undefined)[] = targets.map(() => undefined);
    for (const [i, part] of parts.entries()) {
      using tape = new Tape();
      tape.watch(...targets);
      const training = trainingPass(this.settings.seed, step, i);
      const share = 1 / parts.length;
      const [own, losses] = tape.run(() => {
        const losses = this.model.losses(part, { training });
        return [scale(losses.total, share), losses];
      });
      tape.backward(own, targets, lossScale).forEach((gradient, i) => {
        const sofar = gradients[i];
        // The original forgets all parts but the last.
        if (!sofar || this.settings.compat === "reference") gradients[i] = gradient;
        else if (gradient) addInto(sofar, gradient);
      });
      contrastive = sumOf(contrastive, scale(losses.contrastive, share));
      if (losses.cluster) cluster = sumOf(cluster, scale(losses.cluster, share));
    }
    const clip = this.optimizer.step(gradients, this.#rate(step), lossScale);
    this.lossScale?.update(clip);
    clampScalar(this.model.parameters.get(LOGIT_SCALE), ...LOGIT_SCALE_RANGE);
    this.#keep(contrastive!, cluster, clip);
  }

  /** Holds what {@link Trainer.report} will read, in place of the last step's. */
  #keep(contrastive: Tensor, cluster: Tensor | undefined, clip: Tensor<"f32">): void {
    this.#forget();
    [this.#contrastive, this.#cluster, this.#clip] = outsideScopes(
      contrastive.device,
      () => [contrastive.alias(), cluster?.alias(), clip.alias()],
    );
  }

  /**
   * Reads what the last step left, and looks for tensors that are not finite.
   *
   * @throws {UserError} naming the first such tensor, parameters before losses (which may overflow where
   *   there is a loss scale); or if the loss scale fell below 1.
   */
  async report(): Promise<StepReport> {
    const named: [string, Tensor][] = this.model.parameters.entries();
    // What overflows f16 on the way to the loss is a step to be skipped.
    if (!this.lossScale) {
      named.push(["the loss", this.#contrastive!]);
      if (this.#cluster) named.push(["the cluster loss", this.#cluster]);
    }
    named.forEach(([, tensor], i) => this.#latch.test(tensor, i));
    const [[contrastive], [clusterLoss], [gradNorm, , finite], [logitScale], lr, found, scaling] =
      await Promise.all([
        this.#contrastive!.data(),
        this.#cluster?.data() ?? [0],
        this.#clip!.data(),
        this.model.parameters.get(LOGIT_SCALE).data(),
        this.optimizer.loggedRate(),
        this.#latch.read(),
        this.lossScale?.state(),
      ]);
    if (found !== undefined) {
      throw new UserError(
        `${
          named[found][0]
        } is not finite; the last checkpoint is from before (--resume it with a lower --lr)`,
      );
    }
    const lossScale = scaling?.scale;
    if (lossScale !== undefined && lossScale < LEAST_SCALE) {
      throw new UserError(
        `loss or gradients overflow f16 until the loss scale is down to ${lossScale}; ` +
          "--resume the last checkpoint with --precision fp32 or a lower --lr",
      );
    }
    const loss = contrastive + clusterLoss;
    return { loss, clusterLoss, gradNorm, logitScale, lr, applied: finite === 1, lossScale };
  }

  /** Gives back the optimiser's state; the model stays its owner's. */
  [Symbol.dispose](): void {
    this.optimizer[Symbol.dispose]();
    this.lossScale?.[Symbol.dispose]();
    this.#latch[Symbol.dispose]();
    this.#forget();
  }

  #forget(): void {
    for (const kept of [this.#contrastive, this.#cluster, this.#clip]) kept?.dispose();
  }
}

/** Adds `x` to the sum so far, in place; the first one is the sum. */
function sumOf(sofar: Tensor | undefined, x: Tensor): Tensor {
  if (sofar) addInto(sofar, x);
  return sofar ?? x;
}
