/**
 * The original's `hparams_train.json` as settings of this project.
 *
 * @module
 */
import { UserError } from "../../errors.ts";
import type { FlagTable } from "../config/flag.ts";
import { readFlag } from "../config/flag.ts";
import { VISION_BLOCKS } from "../config/flags/model.ts";
import { flags, type Settings } from "../config/settings.ts";

/** Settings, and what a user should know of what became of the original's. */
export interface ConvertedSettings {
  readonly settings: Partial<Settings>;
  readonly notes: readonly string[];
}

/** What belongs to the machine that the original ran on. */
const ELSEWHERE = new Set([
  ...["train_csv", "val_csv", "data_path", "features_path", "lmdb_dataset", "data_dir"],
  ...["pretrained_dir", "init_model", "cache_dir", "output_dir", "save_feature_path"],
  ...["gpu", "multigpu", "n_gpu", "local_rank", "world_size", "dist_backend", "init_method"],
]);
/** What the original works out after parsing, and what its scripts pass on to nothing. */
const DERIVED = new Set([
  ...["new_added_modules", "pre_visual_pooling", "tensorboard_path", "log_level", "rank"],
  ...["distributed", "is_master", "start_epoch", "text_embed_dim", "save_path"],
]);

/** A value of the original's JSON, as it would stand on the command line. */
function text(value: unknown): string {
  if (value instanceof Array) return value.join(",");
  return String(value);
}

/**
 * Takes over what this project has a flag for.
 *
 * Paths and devices are left out: they are of another machine. Half precision becomes f32, in which the
 * same weights are evaluated, and so does mixed precision with a ResNet, which has none here.
 *
 * @param hparams The parsed file.
 * @param path The file, for messages.
 * @throws {UserError} if it holds no settings, or a value that a flag cannot have.
 */
export function settingsFromHparams(hparams: unknown, path: string): ConvertedSettings {
  if (typeof hparams !== "object" || hparams === null || hparams instanceof Array) {
    throw new UserError(`${path} holds no settings; give the folder of a published run`);
  }
  const table: FlagTable = flags, settings: Record<string, unknown> = {};
  const unknown: string[] = [], notes: string[] = [];
  for (const [name, value] of Object.entries(hparams)) {
    if (value === null || ELSEWHERE.has(name) || DERIVED.has(name)) continue;
    const flag = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!flag) unknown.push(name);
    else if (!flag.once && !flag.noEffect) settings[name] = read(name, value, path);
  }
  const { precision, gradient_accumulation_steps: parts = 1, batch_size: batch } = settings;
  const resNet = VISION_BLOCKS[settings.pretrained_clip_name as keyof typeof VISION_BLOCKS] === 0;
  if (precision === "fp16" || precision === "amp" && resNet) {
    notes.push(`--precision ${precision} becomes fp32: the weights are evaluated in f32`);
    settings.precision = "fp32";
  }
  // The original divides the batch among its parts before it writes the file.
  if (batch !== undefined) settings.batch_size = Number(batch) * Number(parts);
  if (unknown.length > 0) {
    notes.push(`settings that are not known here: ${unknown.sort().join(", ")}`);
  }
  return { settings: settings as Partial<Settings>, notes };
}

function read(name: string, value: unknown, path: string): unknown {
  const flag = (flags as FlagTable)[name];
  const spelled = flag.kind === "switch" ? text(Number(value)) : text(value);
  try {
    return readFlag(name, flag, spelled);
  } catch (error) {
    throw new UserError(`${path}: ${(error as Error).message}`);
  }
}
