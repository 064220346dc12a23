import { kmedoids, msrvtt } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** 6 segments of 49 centres after block 6. */
export const msrvttKmedoids649: Recipe = {
  origin: "msrvtt 62",
  settings: {
    ...msrvtt,
    ...kmedoids,
    lr: 5e-3,
    minkowski_norm_p: 1,
  },
  script: { t2v: 44.1, v2t: 41.9 },
};
