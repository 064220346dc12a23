import { kmedoids, lsmdc, reduced } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** 4 segments of 49 centres of tokens scaled to length 1. */
export const lsmdcKmedoids449Normed: Recipe = {
  origin: "lsmdc 29",
  settings: {
    ...lsmdc,
    ...kmedoids,
    ...reduced(12, 4),
    pre_norm: true,
  },
};
