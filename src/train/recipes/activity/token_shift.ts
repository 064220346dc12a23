import { activity } from "../common.ts";
import { type Recipe, times } from "../recipe.ts";

/** Tokens of neighbouring frames mixed in every block. */
export const activityTokenShift: Recipe = {
  origin: "activity 04",
  settings: {
    ...activity,
    cluster_inter: true,
    cluster_algo: "token_shift",
    cluster_num_blocks: [55, 54, 53, 52, 51, 50, 48, 47, 46, 45, 44, 43],
    target_frames_blocks: times(12, 11),
  },
};
