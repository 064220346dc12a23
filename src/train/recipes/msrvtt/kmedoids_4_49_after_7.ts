import { kmedoids, msrvtt, reduced } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** 4 segments of 49 centres, one block later. */
export const msrvttKmedoids449After7: Recipe = {
  origin: "msrvtt 80",
  settings: {
    ...msrvtt,
    ...kmedoids,
    ...reduced(12, 4, 7),
    lr: 5e-3,
  },
  script: { t2v: 43.9, v2t: 42.6 },
};
