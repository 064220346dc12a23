/**
 * Every runner there is.
 *
 * @module
 */
import type { Kinds } from "../kind.ts";
import { clip } from "./clip.ts";
import { clip4clip } from "./clip4clip.ts";
import { cluster } from "./cluster.ts";
import { datasets } from "./datasets.ts";
import { frames } from "./frames.ts";
import { initFacts } from "./init_facts.ts";
import { metrics } from "./metrics.ts";
import { modelRules } from "./model_rules.ts";
import { optim } from "./optim.ts";
import { resNet } from "./resnet.ts";
import { schedules } from "./schedules.ts";
import { spectral } from "./spectral.ts";
import { token } from "./token.ts";
import { tokenizer } from "./tokenizer.ts";
import { train } from "./train.ts";

/** Tried in this order. */
export const KINDS: readonly Kinds[] = [
  clip,
  clip4clip,
  cluster,
  datasets,
  frames,
  initFacts,
  metrics,
  modelRules,
  optim,
  resNet,
  schedules,
  spectral,
  token,
  tokenizer,
  train,
];
