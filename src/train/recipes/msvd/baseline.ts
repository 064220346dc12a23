import { msvd } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** CLIP4Clip, without clustering. */
export const msvdBaseline: Recipe = {
  origin: "msvd, default",
  settings: {
    ...msvd,
    lr: 2e-3,
  },
  paper: { t2v: [45.9, 74.9, 84.7], v2t: [51.0, 76.3, 82.2], gb: 20.8, ms: 24.4 },
};
