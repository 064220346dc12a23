/**
 * What every call starts from: the flags, the checkpoint that they name, a device, a model, its data.
 *
 * @module
 */
import { describePlan } from "../centerclip/plan.ts";
import type { CenterClip } from "../centerclip/model.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Loader } from "../data/loader.ts";
import type { Device } from "../gpu/device.ts";
import { openDevice, summary } from "../gpu/open.ts";
import { openRun } from "./checkpoint.ts";
import { derive } from "./config/derive.ts";
import { resolveSettings } from "./config/resolve.ts";
import type { Settings } from "./config/settings.ts";
import { openLoader } from "./data.ts";
import type { Logger } from "./log/logger.ts";
import { buildModel } from "./model.ts";
import { openTokenizer } from "./tokenizer.ts";

/** What a call works with; it is closed when the call is over. */
export interface Call {
  readonly settings: Settings;
  /** What a user should know about where the settings come from, one line each. */
  readonly notes: readonly string[];
  readonly device: Device;
  /** The checkpoint of `--resume`. */
  readonly resumed?: Awaited<ReturnType<typeof openRun>>;
}

/**
 * Opens what the flags ask for, and closes it after `work`. The checkpoint's settings hold where no flag
 * says otherwise, unless only its weights are asked for.
 *
 * @param given The flags of the command line.
 * @throws {UserError} for everything that a user can mend.
 */
export async function withCall<R>(
  given: Partial<Settings>,
  work: (call: Call) => Promise<R>,
): Promise<R> {
  const resumed = given.resume ? await openRun(given.resume) : undefined;
  using _file = resumed?.file;
  const continued = given.load_from_pretrained ? undefined : resumed?.run.settings;
  const { settings, notes } = resolveSettings(given, continued);
  using device = await openDevice({
    provider: settings.provider,
    memoryBudget: derive(settings).memoryBudget,
    profile: settings.profile,
  });
  return await work({ settings, notes, device, resumed });
}

/** A call's model, and the loaders that fit it. */
export interface CallModel {
  readonly model: CenterClip;
  /** Opens a loader over a split; what it skips is logged. */
  readonly load: (split: Dataset) => Loader;
}

/**
 * Builds the model of a call, and logs on what it runs and how it clusters.
 *
 * @throws {UserError} if weights are missing or do not fit.
 */
export async function openModel(call: Call, logger: Logger): Promise<CallModel> {
  const { settings, notes, device, resumed } = call;
  for (const note of notes) logger.info(note);
  logger.info(summary(device.info));
  const note = (line: string) => logger.info(line);
  const model = await buildModel(device, settings, resumed?.file, note);
  logger.info(describePlan(model.plan, model.options.clustering?.method.algorithm));
  const tokenizer = await openTokenizer(settings, model.config.vocabSize, note);
  const size = model.config.imageResolution;
  const onBad = (message: string) => logger.warning(message);
  return { model, load: (split) => openLoader(settings, split, tokenizer, size, onBad) };
}

/** Logs what a call took of the GPU: its memory and, where asked for, the costliest kernels. */
export async function logCosts({ device, settings }: Call, logger: Logger): Promise<void> {
  logger.info(`peak GPU memory ${(device.memory.peak / 1e9).toFixed(2)} GB`);
  if (!settings.profile) return;
  const times = await device.kernelTimes();
  const total = times.reduce((sum, { ms }) => sum + ms, 0);
  for (const { name, calls, ms } of times.slice(0, 10)) {
    const share = (100 * ms / total).toFixed(1);
    logger.info(`${share} % in ${name}: ${ms.toFixed(0)} ms, ${calls} calls`);
  }
}
