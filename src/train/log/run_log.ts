/**
 * Everything a run writes while it goes: log lines, metrics, TensorBoard scalars.
 *
 * @module
 */
import { writeAtomic } from "../../io/atomic.ts";
import { EventWriter } from "../../io/tfevents.ts";
import { formatMetrics } from "../../retrieval/metrics.ts";
import { type Settings, settingsToJson } from "../config/settings.ts";
import { Logger } from "./logger.ts";
import { MetricsFile } from "./metrics_file.ts";
import {
  epochLine,
  type EpochRecord,
  evaluationLine,
  type EvaluationRecord,
  recallFigures,
  stepLine,
  type StepRecord,
  stepScalars,
} from "./records.ts";
import type { RunFolder } from "./run_folder.ts";

/** Writes `log.txt`, `metrics.jsonl` and `tensorboard/` of a run folder. */
export class RunLog implements Disposable {
  private constructor(
    readonly logger: Logger,
    private readonly metrics: MetricsFile,
    private readonly events: EventWriter,
  ) {}

  /**
   * Opens the files of a run and writes its `hparams_train.json`.
   *
   * @param resumedStep optimiser steps of the checkpoint that this folder's run continues from; later
   * metrics are dropped.
   * @throws {UserError} if the folder cannot be written.
   */
  static async open(folder: RunFolder, settings: Settings, resumedStep?: number): Promise<RunLog> {
    await writeAtomic(folder.settings, JSON.stringify(settingsToJson(settings), null, 4) + "\n");
    const metrics = await MetricsFile.open(folder.metrics, resumedStep);
    const logger = new Logger({ path: folder.log, debug: settings.debug });
    return new RunLog(logger, metrics, EventWriter.create(folder.tensorboard));
  }

  /** Records where training stands. */
  step(record: StepRecord): void {
    this.logger.info(stepLine(record));
    this.metrics.append({ ...record });
    for (const [tag, value] of stepScalars(record)) this.events.scalar(tag, value, record.step);
  }

  /** Records how the data of an epoch came; `epochs` are those of the run. */
  epoch(record: EpochRecord, epochs: number): void {
    this.logger.info(epochLine(record, epochs));
    this.metrics.append({ ...record });
  }

  /** Records the evaluation of a split: `test`, or one that is reported beside it. */
  evaluation(split: string, record: EvaluationRecord): void {
    if (split !== "test") this.logger.info(`Split ${split}:`);
    for (const line of formatMetrics(record)) this.logger.info(line);
    this.metrics.append(evaluationLine(split, record));
    for (const direction of ["t2v", "v2t"] as const) {
      for (const [name, value] of Object.entries(recallFigures(record[direction]))) {
        this.events.scalar(`${split}/${direction}_${name}`, value, record.step);
      }
    }
  }

  [Symbol.dispose](): void {
    this.events.close();
    this.metrics[Symbol.dispose]();
    this.logger[Symbol.dispose]();
  }
}
