import { activity, kmedoids, reduced } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** 75 frames to 15 segments of 49 centres after block 6. */
export const activityKmedoids1549Of75: Recipe = {
  origin: "activity 06",
  settings: {
    ...activity,
    ...kmedoids,
    ...reduced(75, 15),
    max_frames: 75,
  },
};
