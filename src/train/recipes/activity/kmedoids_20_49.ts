import { activity, kmedoids, reduced } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** 20 segments of 49 centres after block 6. */
export const activityKmedoids2049: Recipe = {
  origin: "activity, a comment (plan 1)",
  settings: {
    ...activity,
    ...kmedoids,
    ...reduced(60, 20),
  },
};
