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
import { openFrameCache, openLoader } from "./data.ts";
import type { BadVideos } from "./log/bad_videos.ts";
import type { Logger } from "./log/logger.ts";
import { buildModel } from "./model.ts";
import { CallProfile } from "./profile.ts";
import { openTokenizer } from "./tokenizer.ts";

/** What a call works with; it is closed when the call is over. */
export interface Call {
  readonly settings: Settings;
  /** What a user should know about where the settings come from, one line each. */
  readonly notes: readonly string[];
  readonly device: Device;
  /** With `--profile`. */
  readonly profile?: CallProfile;
  /** The checkpoint of `--resume`. */
  readonly resumed?: Awaited<ReturnType<typeof openRun>>;
  /** What is opened on the way and closed with the call. */
  readonly owned: AsyncDisposableStack;
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
  const profile = settings.profile ? await CallProfile.open(settings) : undefined;
  using device = await openDevice({
    provider: settings.provider,
    memoryBudget: derive(settings).memoryBudget,
    profile: settings.profile,
  });
  await using owned = new AsyncDisposableStack();
  return await work({ settings, notes, device, profile, resumed, owned });
}

/** A call's model, and the loaders that fit it. */
export interface CallModel {
  readonly model: CenterClip;
  /** Opens a loader over a split. */
  readonly load: (split: Dataset) => Loader;
}

/**
 * Builds the model of a call, and logs on what it runs and how it clusters.
 *
 * @param bad Told of the videos that loaders skip.
 * @throws {UserError} if weights are missing or do not fit, or the frame cache cannot be used.
 */
export async function openModel(
  call: Call,
  logger: Logger,
  bad: BadVideos,
): Promise<CallModel> {
  const { settings, notes, device, profile, resumed } = call;
  for (const note of notes) logger.info(note);
  logger.info(summary(device.info));
  const note = (line: string) => logger.info(line);
  const model = await buildModel(device, settings, resumed?.file, note);
  logger.info(describePlan(model.plan, model.options.clustering?.method.algorithm));
  const tokenizer = await openTokenizer(settings, model.config.vocabSize, note);
  const size = model.config.imageResolution;
  const frameCache = call.owned.use(await openFrameCache(settings, logger));
  const load = (dataset: Dataset) =>
    openLoader(settings, dataset, tokenizer, size, {
      ...profile?.listeners,
      frameCache,
      onBad: (reason, { id }) => bad.add(dataset.split, id, reason),
    });
  return { model, load };
}

/**
 * Logs what a call took of the GPU: its memory and, where asked for, the costliest kernels.
 *
 * @param trace Where the trace goes that `--profile` asks for.
 * @throws {UserError} if it cannot be written.
 */
export async function logCosts(call: Call, logger: Logger, trace: string): Promise<void> {
  const { device, profile } = call;
  logger.info(`peak GPU memory ${(device.memory.peak / 1e9).toFixed(2)} GB`);
  for (const line of await profile?.finish(device, trace) ?? []) logger.info(line);
}
