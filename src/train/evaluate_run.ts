/**
 * Evaluation of a checkpoint, by itself.
 *
 * @module
 */
import { describePlan } from "../centerclip/plan.ts";
import { openDevice, summary } from "../gpu/open.ts";
import { formatMetrics } from "../retrieval/metrics.ts";
import { openRun } from "./checkpoint.ts";
import { derive } from "./config/derive.ts";
import { resolveSettings } from "./config/resolve.ts";
import type { Settings } from "./config/settings.ts";
import { openLoader, readSplits, resizedNote } from "./data.ts";
import { evaluate } from "./evaluation.ts";
import { Logger } from "./log/logger.ts";
import { Progress } from "./log/progress.ts";
import { bestCheckpoint, newestRun } from "./log/run_folder.ts";
import { buildModel } from "./model.ts";
import { openTokenizer } from "./tokenizer.ts";

/** The figures of one direction, as `--json` prints them. */
type Figures = Record<"R1" | "R5" | "R10" | "MedianR" | "MeanR", number>;

/** What `deno task eval --json` prints. */
export interface EvaluationSummary {
  readonly t2v: Figures;
  readonly v2t: Figures;
  readonly videos: number;
  readonly texts: number;
  readonly seconds: number;
  readonly checkpoint: string;
}

function figures({ R1, R5, R10, MedianR, MeanR }: Figures): Figures {
  return { R1, R5, R10, MedianR, MeanR };
}

/**
 * Evaluates a checkpoint on its test split (and on the `order` split, where there is one, in the log).
 * The checkpoint carries the settings; flags win over them.
 *
 * @param given The flags of the command line; without `resume` the newest run's best checkpoint.
 * @throws {UserError} if there is no checkpoint, or its data cannot be read.
 */
export async function evaluateRun(given: Partial<Settings>): Promise<EvaluationSummary> {
  const checkpoint = given.resume ?? await bestCheckpoint(await newestRun());
  const { file, run } = await openRun(checkpoint);
  using logger = new Logger();
  using _file = file;
  const { settings, notes } = resolveSettings({ ...given, resume: checkpoint }, run.settings);
  for (const note of notes) logger.info(note);
  const splits = await readSplits(settings);
  using device = await openDevice({
    provider: settings.provider,
    memoryBudget: derive(settings).memoryBudget,
  });
  logger.info(summary(device.info));
  logger.info(`checkpoint: ${checkpoint}`);
  const model = await buildModel(device, settings, file);
  logger.info(describePlan(model.plan, model.options.clustering?.method.algorithm));
  const tokenizer = await openTokenizer(
    settings,
    model.config.vocabSize,
    (line) => logger.info(line),
  );
  let result: EvaluationSummary | undefined;
  for (const dataset of [splits.order, splits.test]) {
    if (!dataset) continue;
    const loader = openLoader(
      settings,
      dataset,
      tokenizer,
      model.config.imageResolution,
      (message) => logger.warning(message),
    );
    using progress = new Progress(`eval ${dataset.split}`, dataset.length);
    const found = await evaluate(model, dataset, loader, settings, (n) => progress.update(n));
    const note = resizedNote(loader, model.config.imageResolution);
    if (note) logger.info(note);
    logger.info(`split ${dataset.split}: ${found.videos} videos, ${found.texts} texts`);
    for (const line of formatMetrics(found)) logger.info(line);
    const { t2v, v2t, videos, texts, seconds } = found;
    result = { t2v: figures(t2v), v2t: figures(v2t), videos, texts, seconds, checkpoint };
  }
  logger.info(`peak GPU memory ${(device.memory.peak / 1e9).toFixed(2)} GB`);
  return result!;
}
