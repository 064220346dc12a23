import { activityB16, reduced } from "../common.ts";
import { type Recipe, times } from "../recipe.ts";

/** ViT-B/16 without clustering. */
export const activityB16Baseline: Recipe = {
  origin: "activity 01",
  settings: {
    ...activityB16,
    ...reduced(60, 15),
    cluster_num_blocks: times(12, 49),
  },
};
