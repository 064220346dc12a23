/**
 * Evaluation of a model by itself, and the time that it takes to encode.
 *
 * @module
 */
import { formatMetrics, type RetrievalFigures } from "../retrieval/metrics.ts";
import { type Call, type CallModel, logCosts, openModel, withCall } from "./call.ts";
import type { Settings } from "./config/settings.ts";
import { resizedNote } from "./data.ts";
import { encodeSplit } from "./encode_split.ts";
import { evaluate } from "./evaluation.ts";
import { BadVideos } from "./log/bad_videos.ts";
import { Logger } from "./log/logger.ts";
import { Progress } from "./log/progress.ts";
import { recallFigures } from "./log/records.ts";
import { evaluationTrace, openEvaluationLog } from "./log/run_folder.ts";
import { readSplits, type Splits, tellMissing } from "./splits.ts";

/** What `deno task eval --json` prints. */
export interface EvaluationSummary {
  readonly t2v: RetrievalFigures;
  readonly v2t: RetrievalFigures;
  readonly videos: number;
  readonly texts: number;
  /** Videos that were left out since they cannot be decoded: the figures are not those of the whole split. */
  readonly bad: number;
  readonly seconds: number;
  /** Null where the weights are those that a run would start from. */
  readonly checkpoint: string | null;
}

/** What `deno task eval --inference_speed_test 1 --json` prints. */
export interface InferenceTime {
  /** Pairs of a text and a video that were encoded. */
  readonly pairs: number;
  /** Seconds that the model took for them; waiting for data is not counted. */
  readonly seconds: number;
  /** Seconds of the first batch, which compiles kernels. */
  readonly firstBatchSeconds: number;
  readonly checkpoint: string | null;
}

/**
 * Evaluates a model on its test split (and on the `order` split, where there is one, in the log).
 * The checkpoint of `resume` carries the settings; flags win over them. Without one the weights are those
 * that a run would start from.
 *
 * @param given The flags of the command line.
 * @throws {UserError} if there is no such checkpoint, or its data cannot be read.
 */
export function evaluateRun(given: Partial<Settings>): Promise<EvaluationSummary> {
  const start = performance.now();
  return withModel(given, async ({ settings }, { model, load }, splits, logger) => {
    let result: EvaluationSummary | undefined;
    for (const dataset of [splits.order, splits.test]) {
      if (!dataset) continue;
      using loader = load(dataset);
      using progress = new Progress(`eval ${dataset.split}`, dataset.length);
      const found = await evaluate(model, dataset, loader, settings, (n) => progress.update(n));
      const note = resizedNote(loader, model.config.imageResolution);
      if (note) logger.info(note);
      logger.info(`split ${dataset.split}: ${found.videos} videos, ${found.texts} texts`);
      for (const line of formatMetrics(found)) logger.info(line);
      const { videos, texts, seconds } = found;
      const [t2v, v2t] = [found.t2v, found.v2t].map(recallFigures);
      const left = { videos, texts, bad: loader.stats.bad };
      result = { t2v, v2t, ...left, seconds, checkpoint: settings.resume };
    }
    const seconds = (performance.now() - start) / 1000;
    logger.info(`The total running time of the program is ${seconds.toFixed(2)} Seconds`);
    return result!;
  });
}

/**
 * Times the encoders on the test split, as `--inference_speed_test 1` asks.
 *
 * @param given The flags of the command line.
 * @throws {UserError} if there is no such checkpoint, or its data cannot be read.
 */
export function timeInference(given: Partial<Settings>): Promise<InferenceTime> {
  return withModel(given, async ({ settings }, { model, load }, { test }, logger) => {
    using loader = load(test);
    using progress = new Progress("encode", test.length);
    using encoded = await encodeSplit(model, test, loader, (n) => progress.update(n));
    const { pairs, batchSeconds } = encoded;
    const seconds = batchSeconds.reduce((sum, s) => sum + s, 0);
    const [firstBatchSeconds] = batchSeconds;
    logger.info(`The total model inference time of the program is ${seconds.toFixed(2)} Seconds`);
    logger.info(
      `${pairs} pairs, ${(1000 * seconds / pairs).toFixed(1)} ms each without waiting for data; ` +
        `the first batch, which compiles kernels, took ${firstBatchSeconds.toFixed(2)} s`,
    );
    return { pairs, seconds, firstBatchSeconds, checkpoint: settings.resume };
  });
}

/** Opens the model and the splits that `given` asks for, and a log. */
function withModel<R>(
  given: Partial<Settings>,
  work: (
    call: Call,
    opened: CallModel,
    splits: Splits,
    logger: Logger,
  ) => Promise<R>,
): Promise<R> {
  return withCall({ ...given, do_eval: true }, async (call) => {
    const { settings } = call;
    const splits = await readSplits(settings);
    const paths = await openEvaluationLog(settings);
    using logger = new Logger({ path: paths.log, debug: settings.debug });
    using bad = await BadVideos.open({ logger, path: paths.bad });
    logger.info(
      settings.resume === null
        ? "no --resume CHECKPOINT: evaluating the weights that training would start from"
        : `checkpoint: ${settings.resume}`,
    );
    await tellMissing([splits.test, splits.order], logger);
    const result = await work(call, await openModel(call, logger, bad), splits, logger);
    logger.info(bad.summary);
    await logCosts(call, logger, evaluationTrace(settings));
    return result;
  });
}
