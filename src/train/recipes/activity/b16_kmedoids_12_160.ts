import { activityB16, kmedoids, reduced } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** ViT-B/16, 12 segments of 160 centres after block 6. */
export const activityB16Kmedoids12160: Recipe = {
  origin: "activity 05",
  settings: {
    ...activityB16,
    ...kmedoids,
    ...reduced(60, 12),
  },
};
