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
import { isTrainable, parameterRules } from "../optim/groups.ts";
import { learningRate, LOGIT_SCALE_RANGE } from "../optim/schedule.ts";
import { outsideScopes, Scope } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Settings } from "./config/settings.ts";

const LOGIT_SCALE = "clip.logit_scale";

/** What a step left behind, read when someone asks. */
export interface StepReport {
  readonly loss: number;
  readonly gradNorm: number;
  readonly logitScale: number;
  /** Whether the step changed anything: its gradients were finite. */
  readonly applied: boolean;
}

/** Trains a model, step by step. */
export class Trainer implements Disposable {
  readonly optimizer: AdamW;
  readonly #latch: FiniteLatch;
  #loss?: Tensor;
  #clip?: Tensor<"f32">;

  /** @param totalSteps Optimiser steps of the whole run: the length of the schedule. */
  constructor(
    readonly model: CenterClip,
    private readonly settings: Settings,
    private readonly totalSteps: number,
  ) {
    const { freeze_layer_num, linear_patch, compat } = settings;
    const { coef_lr, wd, beta1, beta2, eps, clip_grad_norm } = settings;
    const learns = compat === "reference" ? referenceTrainable : isTrainable;
    const trainable = model.parameters.entries().filter(([name]) =>
      learns(name, freeze_layer_num, linear_patch)
    );
    const rules = parameterRules(trainable.map(([name]) => name), {
      coefLr: coef_lr,
      weightDecay: wd,
    });
    this.optimizer = new AdamW(
      model.device,
      trainable.map(([, tensor], i) => ({ rule: rules[i], tensor })),
      { beta1, beta2, eps, maxNorm: clip_grad_norm },
    );
    this.#latch = new FiniteLatch(model.device);
  }

  /** Learning rate of new parameters in the step after `step` steps. */
  rate(step: number): number {
    const { lr, warmup_proportion } = this.settings;
    const total = this.totalSteps;
    return learningRate(step, { base: lr, total, warmup: warmup_proportion * total });
  }

  /**
   * Takes one optimiser step over the parts of a batch.
   *
   * @param step Steps taken before this one.
   */
  step(parts: readonly PairBatch[], step: number): void {
    const { device } = this.model;
    using _scope = new Scope(device);
    const targets = this.optimizer.parameters.map(({ tensor }) => tensor);
    let loss: Tensor | undefined;
    const gradients: (Tensor | undefined)[] = targets.map(() => undefined);
    for (const [i, part] of parts.entries()) {
      using tape = new Tape();
      tape.watch(...targets);
      const training = trainingPass(this.settings.seed, step, i);
      const own = tape.run(() => scale(this.model.loss(part, { training }), 1 / parts.length));
      tape.backward(own, targets).forEach((gradient, i) => {
        const sofar = gradients[i];
        // The original forgets all parts but the last.
        if (!sofar || this.settings.compat === "reference") gradients[i] = gradient;
        else if (gradient) addInto(sofar, gradient);
      });
      if (loss) addInto(loss, own);
      else loss = own;
    }
    const clip = this.optimizer.step(gradients, this.rate(step));
    clampScalar(this.model.parameters.get(LOGIT_SCALE), ...LOGIT_SCALE_RANGE);
    this.#keep(loss!, clip);
  }

  /** Holds what {@link Trainer.report} will read, in place of the last step's. */
  #keep(loss: Tensor, clip: Tensor<"f32">): void {
    this.#loss?.dispose();
    this.#clip?.dispose();
    [this.#loss, this.#clip] = outsideScopes(
      loss.device,
      () => [loss.alias(), clip.alias()],
    );
  }

  /**
   * Reads what the last step left, and looks for tensors that are not finite.
   *
   * @throws {UserError} naming the first such tensor, parameters before activations.
   */
  async report(): Promise<StepReport> {
    const named: [string, Tensor][] = [
      ...this.model.parameters.entries(),
      ["the loss", this.#loss!],
    ];
    named.forEach(([, tensor], i) => this.#latch.test(tensor, i));
    const [[loss], [gradNorm, , finite], [logitScale], found] = await Promise.all([
      this.#loss!.data(),
      this.#clip!.data(),
      this.model.parameters.get(LOGIT_SCALE).data(),
      this.#latch.read(),
    ]);
    if (found !== undefined) {
      throw new UserError(
        `${
          named[found][0]
        } is not finite; the last checkpoint is from before (--resume it with a lower --lr)`,
      );
    }
    return { loss, gradNorm, logitScale, applied: finite === 1 };
  }

  /** Gives back the optimiser's state; the model stays its owner's. */
  [Symbol.dispose](): void {
    this.optimizer[Symbol.dispose]();
    this.#latch[Symbol.dispose]();
    this.#loss?.dispose();
    this.#clip?.dispose();
  }
}
