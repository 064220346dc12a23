/**
 * The settings of a run: one value for every flag of {@link flags}.
 *
 * @module
 */
import { UserError } from "../../errors.ts";
import { type FlagTable, readFlag, type Values } from "./flag.ts";
import { acceptedFlags } from "./flags/accepted.ts";
import { clusterFlags } from "./flags/cluster.ts";
import { dataFlags } from "./flags/data.ts";
import { modelFlags, scratchFlags } from "./flags/model.ts";
import { optimFlags } from "./flags/optim.ts";
import { runFlags } from "./flags/run.ts";

/** The flags of training and evaluation under the headings of `--help`. */
export const flagGroups = {
  "Data": dataFlags,
  "Model": modelFlags,
  "Shape of --pretrained_clip_name scratch": scratchFlags,
  "Token clustering": clusterFlags,
  "Optimisation": optimFlags,
  "Run": runFlags,
  "Accepted without effect": acceptedFlags,
} as const;

/** Every flag of training and evaluation. */
export const flags = {
  ...dataFlags,
  ...modelFlags,
  ...scratchFlags,
  ...clusterFlags,
  ...optimFlags,
  ...runFlags,
  ...acceptedFlags,
} as const;

/** The settings of a run, named as its flags are. */
export type Settings = Values<typeof flags>;

/** The values that a table's flags have when none is given. */
export function defaultsOf<T extends FlagTable>(table: T): Values<T> {
  const entries = Object.entries(table).map(([name, flag]) => [name, flag.default]);
  return Object.fromEntries(entries) as Values<T>;
}

/** Settings as they stand in `hparams_train.json` and in checkpoints. */
export type SettingsJson = Record<string, null | boolean | number | string | number[]>;

/**
 * Settings as JSON, for `hparams_train.json` and checkpoints: switches are 0 and 1 as on the command
 * line, and keys are sorted.
 */
export function settingsToJson(settings: Settings): SettingsJson {
  const table: FlagTable = flags;
  const names = Object.keys(settings).sort() as (keyof Settings)[];
  return Object.fromEntries(names.map((name) => {
    const value = settings[name];
    if (value instanceof Array) return [name, [...value]];
    return [name, table[name].kind === "switch" ? Number(value) : value];
  }));
}

/**
 * Settings from what {@link settingsToJson} wrote. A flag that is missing, since it was added later, has
 * its default.
 *
 * @param where the file, for messages
 * @throws {UserError} for a setting that does not exist or has an unfit value.
 */
export function settingsFromJson(json: unknown, where: string): Settings {
  if (typeof json !== "object" || json === null || json instanceof Array) {
    throw new UserError(`${where}: its settings are not an object; the file is damaged`);
  }
  const table: FlagTable = flags;
  const entries = Object.entries(json).map(([name, value]) => {
    if (!Object.hasOwn(table, name)) {
      throw new UserError(`${where}: unknown setting "${name}"; another version wrote this file`);
    }
    return [name, fromJson(name, value, where)];
  });
  return { ...defaultsOf(flags), ...Object.fromEntries(entries) };
}

function fromJson(name: string, value: unknown, where: string) {
  const flag = (flags as FlagTable)[name];
  if (value === null && flag.default === null) return null;
  try {
    // Every value has a form on the command line; one reader serves both.
    return readFlag(name, flag, value === null ? "" : String(value));
  } catch (error) {
    throw new UserError(`${where}: ${(error as Error).message}`);
  }
}
