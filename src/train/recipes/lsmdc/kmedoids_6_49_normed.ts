import { kmedoids, lsmdc } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** 6 segments of 49 centres of tokens scaled to length 1. */
export const lsmdcKmedoids649Normed: Recipe = {
  origin: "lsmdc 28",
  settings: {
    ...lsmdc,
    ...kmedoids,
    pre_norm: true,
  },
};
