import { lsmdc } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** CLIP4Clip, without clustering. */
export const lsmdcBaseline: Recipe = {
  origin: "lsmdc 01",
  settings: lsmdc,
  paper: { t2v: [20.1, 40.2, 48.4], v2t: [21.2, 39.3, 48.4], gb: 20.8, ms: 24.4 },
};
