/**
 * All recipes by the names that `--recipe` takes: data set, then what is done to its tokens. In
 * `kmedoids-6-49` they become 6 segments of 49 centres.
 *
 * @module
 */
import { UsageError } from "../../errors.ts";
import { closest } from "npm:fastest-levenshtein@1.0.16";
import { fixtures } from "./fixtures.ts";
import { msrvttBaseline } from "./msrvtt/baseline.ts";
import { msrvttKmedoids649 } from "./msrvtt/kmedoids_6_49.ts";
import { msrvttKmedoids449 } from "./msrvtt/kmedoids_4_49.ts";
import { msrvttKmedoids449After7 } from "./msrvtt/kmedoids_4_49_after_7.ts";
import { msrvttB16Kmedoids4160 } from "./msrvtt/b16_kmedoids_4_160.ts";
import { msvdBaseline } from "./msvd/baseline.ts";
import { msvdKmedoids449 } from "./msvd/kmedoids_4_49.ts";
import { lsmdcBaseline } from "./lsmdc/baseline.ts";
import { lsmdcKmedoids649 } from "./lsmdc/kmedoids_6_49.ts";
import { lsmdcKmedoids449 } from "./lsmdc/kmedoids_4_49.ts";
import { lsmdcKmedoids349 } from "./lsmdc/kmedoids_3_49.ts";
import { lsmdcSpectral649 } from "./lsmdc/spectral_6_49.ts";
import { lsmdcSpectral449 } from "./lsmdc/spectral_4_49.ts";
import { lsmdcKmedoids649Normed } from "./lsmdc/kmedoids_6_49_normed.ts";
import { lsmdcKmedoids449Normed } from "./lsmdc/kmedoids_4_49_normed.ts";
import { activityB16Baseline } from "./activity/b16_baseline.ts";
import { activityB16Kmedoids20160 } from "./activity/b16_kmedoids_20_160.ts";
import { activityB16Kmedoids15160 } from "./activity/b16_kmedoids_15_160.ts";
import { activityB16Kmedoids12160 } from "./activity/b16_kmedoids_12_160.ts";
import { activityTokenShift } from "./activity/token_shift.ts";
import { activityKmedoids1549Of75 } from "./activity/kmedoids_15_49_of_75.ts";
import { activityKmedoids1549Of45 } from "./activity/kmedoids_15_49_of_45.ts";
import { activityKmedoids1549Of30 } from "./activity/kmedoids_15_49_of_30.ts";
import { activityKmedoids2049 } from "./activity/kmedoids_20_49.ts";
import { activityKmedoids1549 } from "./activity/kmedoids_15_49.ts";
import type { Recipe } from "./recipe.ts";

/** The recipes, in the order in which they are listed. */
export const RECIPES: { readonly [name: string]: Recipe } = {
  "fixtures": { origin: "this project", settings: fixtures },
  "msrvtt-baseline": msrvttBaseline,
  "msrvtt-kmedoids-6-49": msrvttKmedoids649,
  "msrvtt-kmedoids-4-49": msrvttKmedoids449,
  "msrvtt-kmedoids-4-49-after-7": msrvttKmedoids449After7,
  "msrvtt-b16-kmedoids-4-160": msrvttB16Kmedoids4160,
  "msvd-baseline": msvdBaseline,
  "msvd-kmedoids-4-49": msvdKmedoids449,
  "lsmdc-baseline": lsmdcBaseline,
  "lsmdc-kmedoids-6-49": lsmdcKmedoids649,
  "lsmdc-kmedoids-4-49": lsmdcKmedoids449,
  "lsmdc-kmedoids-3-49": lsmdcKmedoids349,
  "lsmdc-spectral-6-49": lsmdcSpectral649,
  "lsmdc-spectral-4-49": lsmdcSpectral449,
  "lsmdc-kmedoids-6-49-normed": lsmdcKmedoids649Normed,
  "lsmdc-kmedoids-4-49-normed": lsmdcKmedoids449Normed,
  "activity-b16-baseline": activityB16Baseline,
  "activity-b16-kmedoids-20-160": activityB16Kmedoids20160,
  "activity-b16-kmedoids-15-160": activityB16Kmedoids15160,
  "activity-b16-kmedoids-12-160": activityB16Kmedoids12160,
  "activity-token-shift": activityTokenShift,
  "activity-kmedoids-15-49-of-75": activityKmedoids1549Of75,
  "activity-kmedoids-15-49-of-45": activityKmedoids1549Of45,
  "activity-kmedoids-15-49-of-30": activityKmedoids1549Of30,
  "activity-kmedoids-20-49": activityKmedoids2049,
  "activity-kmedoids-15-49": activityKmedoids1549,
};

/**
 * The recipe of a name.
 *
 * @throws {UsageError} for an unknown name, with its nearest neighbour.
 */
export function recipeOf(name: string): Recipe {
  if (Object.hasOwn(RECIPES, name)) return RECIPES[name];
  const nearest = closest(name, Object.keys(RECIPES));
  throw new UsageError(
    `--recipe: there is no "${name}"; did you mean ${nearest}? (--recipe list shows all)`,
  );
}
