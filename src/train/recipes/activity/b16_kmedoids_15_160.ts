import { activityB16, kmedoids, reduced } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** ViT-B/16, 15 segments of 160 centres after block 6. */
export const activityB16Kmedoids15160: Recipe = {
  origin: "activity 03",
  settings: {
    ...activityB16,
    ...kmedoids,
    ...reduced(60, 15),
  },
  paper: { t2v: [46.2, 77.0, 87.6], v2t: [46.7, 77.1, 88.0], gb: 23.0, ms: 419 },
};
