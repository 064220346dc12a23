/**
 * A training run: epochs of steps, evaluations, checkpoints.
 *
 * @module
 */
import { demandPrecision } from "../centerclip/precision.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Batch, Loader } from "../data/loader.ts";
import { totalSteps } from "../optim/schedule.ts";
import { Scope } from "../tensor/scope.ts";
import { type Call, logCosts, openModel, withCall } from "./call.ts";
import { type Best, type Position, restoreLearner, saveRun } from "./checkpoint.ts";
import { derive } from "./config/derive.ts";
import type { Settings } from "./config/settings.ts";
import { resizedNote } from "./data.ts";
import { pairBatch } from "./encode_split.ts";
import { evaluate, type Evaluation } from "./evaluation.ts";
import { BadVideos } from "./log/bad_videos.ts";
import { duration, Progress } from "./log/progress.ts";
import { continues, openRunFolder, type RunFolder } from "./log/run_folder.ts";
import { RunLog } from "./log/run_log.ts";
import { Meter } from "./meter.ts";
import { precisionOf } from "./model.ts";
import { readSplits, tellMissing } from "./splits.ts";
import { type StepReport, Trainer } from "./trainer.ts";

/** What a run came to. */
export interface RunResult {
  readonly folder: RunFolder;
  readonly position: Position;
  readonly best: Best | null;
}

/**
 * Trains as the flags ask, from the start or from a checkpoint.
 *
 * @param given The flags of the command line.
 * @param signal Ends the run after the current step, with a checkpoint.
 * @throws {UserError} for everything that a user can mend.
 */
export function train(given: Partial<Settings>, signal: AbortSignal): Promise<RunResult> {
  return withCall(given, async (call) => {
    using run = await Run.open(call);
    return await run.train(signal);
  });
}

/** Everything that a run holds open. */
class Run implements Disposable {
  #position: Position = { step: 0, epoch: 0, batch: 0 };
  #best: Best | null = null;

  private constructor(
    private readonly call: Call,
    private readonly folder: RunFolder,
    private readonly log: RunLog,
    private readonly bad: BadVideos,
    private readonly trainer: Trainer,
    private readonly loader: Loader,
    private readonly tests: readonly { dataset: Dataset; loader: Loader }[],
  ) {}

  static async open(call: Call): Promise<Run> {
    const { settings, device, resumed } = call;
    demandPrecision(precisionOf(settings), device.info);
    const goesOn = continues(settings) ? resumed?.run : undefined;
    const { train: dataset, ...splits } = await readSplits(settings, { training: true });
    const folder = await openRunFolder(settings);
    const log = await RunLog.open(folder, settings, goesOn?.position.step);
    const { logger } = log;
    const bad = await BadVideos.open({
      ...{ logger, path: folder.bad, continued: goesOn !== undefined },
    });
    try {
      logger.info(`run folder: ${folder.path}`);
      await tellMissing([dataset, splits.test, splits.order], logger, folder.missing);
      const { model, load } = await openModel(call, logger, bad);
      const loader = load(dataset);
      const total = totalSteps({
        batches: loader.batchCount(0),
        accumulation: settings.gradient_accumulation_steps,
        epochs: settings.epochs,
      });
      const trainer = new Trainer(model, settings, total);
      if (goesOn) await restoreLearner(device, resumed!, trainer);
      const tests = [splits.test, splits.order]
        .filter((split) => split !== undefined)
        .map((split) => ({ dataset: split, loader: load(split) }));
      const run = new Run(call, folder, log, bad, trainer, loader, tests);
      if (goesOn) {
        run.#position = goesOn.position;
        run.#best = goesOn.best;
        logger.info(`continuing ${settings.resume} after step ${goesOn.position.step}`);
        if (trainer.lossScale && goesOn.settings.precision !== "amp") {
          logger.info("the checkpoint is of a run in f32: the loss scale starts afresh");
        }
      }
      return run;
    } catch (error) {
      bad[Symbol.dispose]();
      log[Symbol.dispose]();
      throw error;
    }
  }

  async train(signal: AbortSignal): Promise<RunResult> {
    const { epochs, max_steps, gradient_accumulation_steps: parts } = this.call.settings;
    const perEpoch = Math.floor(this.loader.batchCount(0) / parts);
    const last = Math.min(epochs * perEpoch, max_steps ?? Infinity);
    const start = performance.now();
    const { logger } = this.log;
    {
      using progress = new Progress("train", last, { from: this.#position.step });
      while (this.#position.epoch < epochs && this.#position.step < last && !signal.aborted) {
        await this.#epoch(last, signal, progress);
        const { epoch, step } = this.#position;
        if (signal.aborted) await this.#save();
        else await this.#finishEpoch(epoch, step >= last || epoch + 1 === epochs);
      }
    }
    logger.info(
      `${signal.aborted ? "interrupted" : "finished"} after ${
        duration((performance.now() - start) / 1000)
      }, ${this.bad.summary}`,
    );
    await logCosts(this.call, logger, this.folder.trace);
    if (this.#best) {
      logger.info(`best R@1 ${this.#best.R1.toFixed(1)} in epoch ${this.#best.epoch + 1}`);
    }
    return { folder: this.folder, position: this.#position, best: this.#best };
  }

  /** The steps of one epoch from the current position on. */
  async #epoch(last: number, signal: AbortSignal, progress: Progress): Promise<void> {
    const { gradient_accumulation_steps: parts, n_display, save_every } = this.call.settings;
    const { model } = this.trainer;
    const meter = new Meter();
    let pending: Batch[] = [];
    let earlier = Promise.resolve();
    const { step: firstStep, epoch, batch: startBatch } = this.#position;
    const clipsBefore = this.loader.stats;
    for await (const batch of meter.waiting(this.loader.epoch(epoch, { startBatch }))) {
      pending.push(batch);
      if (pending.length < parts) continue;
      {
        using _scope = new Scope(model.device);
        this.trainer.step(pending.map((part) => pairBatch(model, part)), this.#position.step);
      }
      meter.count(pending);
      pending = [];
      const step = this.#position.step + 1;
      this.#position = { step, epoch, batch: batch.index + 1 };
      // One step runs while the next is recorded, and no more: frames of queued steps take memory.
      const now = model.device.idle();
      meter.working(now);
      await earlier;
      earlier = now;
      if (step % n_display === 0 || step === last) {
        const report = await this.trainer.report();
        this.#record(report, meter);
        progress.update(step, { loss: report.loss, samplesPerSecond: meter.last });
      } else progress.update(step);
      if (save_every && step % save_every === 0) await this.#save();
      if (step >= last || signal.aborted) break;
    }
    await earlier;
    if (epoch === 0) this.#tellResized(this.loader);
    if (signal.aborted) return;
    const { step } = this.#position, clips = this.loader.stats;
    this.log.epoch({
      ...{ step, epoch, steps: step - firstStep, ...meter.total },
      clips_decoded: clips.decoded - clipsBefore.decoded,
      clips_cached: clips.cached - clipsBefore.cached,
    }, this.call.settings.epochs);
  }

  #tellResized(loader: Loader): void {
    const note = resizedNote(loader, this.trainer.model.config.imageResolution);
    if (note) this.log.logger.info(note);
  }

  #record(report: StepReport, meter: Meter): void {
    const { loss, clusterLoss, gradNorm, logitScale, lr, applied, lossScale } = report;
    const { step, epoch, batch } = this.#position;
    const { memory } = this.trainer.model.device;
    const { microBatchSize } = derive(this.call.settings);
    if (!applied) {
      const outcome = lossScale === undefined
        ? "nothing was changed"
        : `it is skipped, and the loss scale falls to ${lossScale}`;
      this.log.logger.warning(`step ${step}: the gradients were not finite; ${outcome}`);
    }
    this.log.step({
      step,
      epoch,
      samples: batch * microBatchSize,
      epoch_samples: this.loader.batchCount(epoch) * microBatchSize,
      loss,
      cluster_loss: clusterLoss,
      lr,
      logit_scale: logitScale,
      grad_norm: gradNorm,
      ...lossScale !== undefined && { loss_scale: lossScale },
      ...meter.read(),
      gpu_bytes_live: memory.live,
      gpu_bytes_peak: memory.peak,
    });
  }

  /** Evaluates where it is due, and saves. */
  async #finishEpoch(epoch: number, isLast: boolean): Promise<void> {
    const { epochs, eval_every } = this.call.settings;
    const { logger } = this.log;
    const due = isLast || (epoch + 1) % eval_every === 0;
    let improved = false;
    if (due) {
      logger.info(`Epoch ${epoch + 1}/${epochs} finished`);
      for (const { dataset, loader } of this.tests) {
        if (dataset.split === "order" && !isLast) continue;
        const found = await this.#evaluate(dataset, loader);
        if (dataset.split !== "test") continue;
        improved = found.t2v.R1 >= (this.#best?.R1 ?? -1);
        if (improved) this.#best = { R1: found.t2v.R1, epoch };
      }
    }
    // An epoch that ended early by --max_steps is not over: a longer run goes on inside it.
    const { step, batch } = this.#position;
    const batches = this.loader.batchCount(epoch);
    if (batch >= batches - batches % this.call.settings.gradient_accumulation_steps) {
      this.#position = { step, epoch: epoch + 1, batch: 0 };
    }
    await this.#save(improved);
  }

  async #evaluate(dataset: Dataset, loader: Loader): Promise<Evaluation> {
    const found = await evaluate(this.trainer.model, dataset, loader, this.call.settings);
    const { step, epoch } = this.#position;
    this.log.evaluation(dataset.split, { step, epoch, t2v: found.t2v, v2t: found.v2t });
    return found;
  }

  async #save(best = false): Promise<void> {
    const { call: { settings }, trainer, folder } = this;
    const state = { settings, position: this.#position, best: this.#best };
    for (const path of best ? [folder.checkpoint, folder.best] : [folder.checkpoint]) {
      await saveRun(path, trainer.model.parameters.entries(), trainer, state);
    }
  }

  [Symbol.dispose](): void {
    for (const loader of [this.loader, ...this.tests.map((test) => test.loader)]) loader.close();
    this.trainer.model.parameters[Symbol.dispose]();
    this.trainer[Symbol.dispose]();
    this.bad[Symbol.dispose]();
    this.log[Symbol.dispose]();
  }
}
