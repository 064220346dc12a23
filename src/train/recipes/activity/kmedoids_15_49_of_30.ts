import { activity, kmedoids, reduced } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** 30 frames to 15 segments of 49 centres after block 6. */
export const activityKmedoids1549Of30: Recipe = {
  origin: "activity 08",
  settings: {
    ...activity,
    ...kmedoids,
    ...reduced(30, 15),
    max_frames: 30,
  },
};
