/**
 * From what was given to the settings of a run: flags win over the checkpoint that is continued, or the
 * recipe, and these win over the defaults.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { fixtures } from "../recipes/fixtures.ts";
import { recipeOf } from "../recipes/mod.ts";
import { checkSettings } from "./check.ts";
import type { FlagTable } from "./flag.ts";
import { effect, show } from "./help.ts";
import { defaultsOf, flags, type Settings } from "./settings.ts";

/** Settings, and what a user should know about where they come from, one line each. */
export interface ResolvedSettings {
  readonly settings: Settings;
  readonly notes: readonly string[];
}

const table: FlagTable = flags;

/**
 * The settings of a run.
 *
 * A recipe is taken by `--recipe`. Without it, a checkpoint, and `--datatype`, `--data_path` or
 * `--features_path`, the recipe `fixtures` applies; with one of the last three alone the defaults are the
 * original's.
 *
 * @param given the flags of the command line
 * @param continued settings of the checkpoint that the run continues or evaluates; those that belong to
 * a single call (`once`) are not handed on.
 * @throws {UsageError} if settings contradict each other or ask for what is not built.
 *
 * @example
 * ```ts
 * import { resolveSettings } from "./resolve.ts";
 *
 * const { settings, notes } = resolveSettings({ lr: 5e-4 });
 * settings.lr; // 5e-4
 * notes; // [`no data named: recipe "fixtures" ...`]
 * ```
 */
export function resolveSettings(
  given: Partial<Settings>,
  continued?: Settings,
): ResolvedSettings {
  const notes = Object.keys(given)
    .filter((name) => table[name].noEffect)
    .map((name) => `--${name}${effect(table[name])}`);
  if (continued && given.recipe) {
    throw new UsageError(
      "--recipe is for a run from the start; the checkpoint of --resume carries its own settings " +
        "(with --load_from_pretrained 1 it gives only weights)",
    );
  }
  const base = { ...defaultsOf(flags), ...(continued ? handedOn(continued) : {}) };
  if (continued) {
    notes.push(...changes(given, base));
  } else if (given.recipe) {
    const { origin, settings } = recipeOf(given.recipe);
    Object.assign(base, settings);
    notes.push(`recipe "${given.recipe}" (${origin})`);
  } else if (!given.datatype && !given.data_path && !given.features_path) {
    Object.assign(base, fixtures);
    notes.push(
      'no data named (--datatype, --data_path, --features_path): the recipe "fixtures" applies',
    );
  }
  const settings = { ...base, ...given };
  checkSettings(settings, given);
  return { settings, notes };
}

function handedOn(settings: Settings): Partial<Settings> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !table[name].once));
}

function changes(given: Partial<Settings>, base: Settings): string[] {
  return (Object.keys(given) as (keyof Settings)[])
    .filter((name) => !table[name].once && show(given[name]!) !== show(base[name]))
    .map((name) =>
      `--${name} ${show(given[name]!)} instead of the checkpoint's ${show(base[name])}`
    );
}
