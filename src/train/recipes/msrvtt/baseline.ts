import { msrvtt } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** CLIP4Clip, without clustering. */
export const msrvttBaseline: Recipe = {
  origin: "msrvtt, default",
  settings: {
    ...msrvtt,
    lr: 2e-3,
  },
  paper: { t2v: [43.0, 70.7, 80.6], v2t: [43.1, 70.8, 80.6], gb: 20.8, ms: 24.4 },
};
