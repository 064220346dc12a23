import { activityB16, kmedoids, reduced } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** ViT-B/16, 20 segments of 160 centres after block 6. */
export const activityB16Kmedoids20160: Recipe = {
  origin: "activity 02",
  settings: {
    ...activityB16,
    ...kmedoids,
    ...reduced(60, 20),
  },
};
