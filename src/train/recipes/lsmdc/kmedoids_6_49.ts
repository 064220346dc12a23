import { kmedoids, lsmdc } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** 6 segments of 49 centres after block 6. */
export const lsmdcKmedoids649: Recipe = {
  origin: "lsmdc 04",
  settings: {
    ...lsmdc,
    ...kmedoids,
  },
  script: { t2v: 21.9, v2t: 21.1 },
  paper: { t2v: [21.9, 41.1, 50.7], v2t: [21.1, 41.2, 50.2], gb: 16.4, ms: 23.9 },
};
