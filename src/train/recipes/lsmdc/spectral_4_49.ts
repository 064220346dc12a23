import { lsmdc, reduced, spectral } from "../common.ts";
import type { Recipe } from "../recipe.ts";

/** Spectral clustering, 4 segments of 49 centres after block 6. */
export const lsmdcSpectral449: Recipe = {
  origin: "lsmdc 23",
  settings: {
    ...lsmdc,
    ...spectral,
    ...reduced(12, 4),
  },
  script: { t2v: 21.4, v2t: 19.5 },
};
