import { kmedoids, msvd, reduced } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** 4 segments of 49 centres after block 6. */
export const msvdKmedoids449: Recipe = {
  origin: "msvd 22",
  settings: {
    ...msvd,
    ...kmedoids,
    ...reduced(12, 4),
    lr: 5e-3,
  },
  script: { t2v: 47.5, v2t: 61.4 },
  paper: { t2v: [47.6, 77.5, 86.0], v2t: [54.2, 78.4, 84.9], gb: 15.0, ms: 22.9 },
};
