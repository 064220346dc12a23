import { kmedoids, lsmdc, reduced } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** 3 segments of 49 centres after block 6. */
export const lsmdcKmedoids349: Recipe = {
  origin: "lsmdc 12",
  settings: {
    ...lsmdc,
    ...kmedoids,
    ...reduced(12, 3),
  },
};
