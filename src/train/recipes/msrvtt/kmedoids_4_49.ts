import { kmedoids, msrvtt, reduced } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** 4 segments of 49 centres after block 6. */
export const msrvttKmedoids449: Recipe = {
  origin: "msrvtt 63",
  settings: {
    ...msrvtt,
    ...kmedoids,
    ...reduced(12, 4),
    lr: 5e-3,
    minkowski_norm_p: 1,
  },
  script: { t2v: 44.2, v2t: 43.2 },
  paper: { t2v: [43.6, 71.4, 81.2], v2t: [42.9, 70.4, 80.8], gb: 15.0, ms: 22.9 },
};
