/**
 * Every runner there is.
 *
 * @module
 */
import type { Kinds } from "../kind.ts";
import { datasets } from "./datasets.ts";
import { frames } from "./frames.ts";
import { metrics } from "./metrics.ts";
import { schedules } from "./schedules.ts";
import { tokenizer } from "./tokenizer.ts";

/** Tried in this order. */
export const KINDS: readonly Kinds[] = [datasets, frames, metrics, schedules, tokenizer];
