import { activity, kmedoids, reduced } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** 15 segments of 49 centres after block 6. */
export const activityKmedoids1549: Recipe = {
  origin: "activity, a comment (plan 2)",
  settings: {
    ...activity,
    ...kmedoids,
    ...reduced(60, 15),
  },
  paper: { t2v: [43.9, 75.3, 85.2], v2t: [44.2, 75.0, 86.1], gb: 16.8, ms: 71.3 },
};
