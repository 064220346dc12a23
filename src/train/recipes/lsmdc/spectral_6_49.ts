import { lsmdc, spectral } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** Spectral clustering, 6 segments of 49 centres after block 6. */
export const lsmdcSpectral649: Recipe = {
  origin: "lsmdc 22",
  settings: {
    ...lsmdc,
    ...spectral,
  },
  script: { t2v: 21.6, v2t: 20.6 },
};
