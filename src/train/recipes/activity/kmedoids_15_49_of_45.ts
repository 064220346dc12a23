import { activity, kmedoids, reduced } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** 45 frames to 15 segments of 49 centres after block 6. */
export const activityKmedoids1549Of45: Recipe = {
  origin: "activity 07",
  settings: {
    ...activity,
    ...kmedoids,
    ...reduced(45, 15),
    max_frames: 45,
  },
};
