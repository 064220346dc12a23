import { kmedoids, lsmdc, reduced } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** 4 segments of 49 centres after block 6. */
export const lsmdcKmedoids449: Recipe = {
  origin: "lsmdc 09",
  settings: {
    ...lsmdc,
    ...kmedoids,
    ...reduced(12, 4),
  },
  script: { t2v: 21.7, v2t: 21.4 },
  paper: { t2v: [21.7, 39.8, 49.8], v2t: [21.4, 40.3, 50.8], gb: 15.0, ms: 22.9 },
};
