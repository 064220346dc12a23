/**
 * The similarity heads by name.
 *
 * @module
 */
import type { Parameters } from "../../nn/parameters.ts";
import { tightHead } from "./cross.ts";
import type { HeadOptions, SimilarityHead } from "./head.ts";
import { looseHead, seqLstm, seqTransf } from "./loose.ts";

/** Makes a head over a model's parameters. */
export function headOf(parameters: Parameters, head: HeadOptions): SimilarityHead {
  switch (head.kind) {
    case "meanP":
      return looseHead(parameters);
    case "seqTransf":
      return looseHead(parameters, seqTransf(parameters, head));
    case "seqLSTM":
      return looseHead(parameters, seqLstm(parameters));
    case "tightTransf":
      return tightHead(parameters, head.cross);
  }
}
