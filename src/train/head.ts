/**
 * The similarity head by the settings' names.
 *
 * @module
 */
import { join } from "node:path";
import type { CrossOptions } from "../centerclip/heads/cross.ts";
import type { HeadOptions } from "../centerclip/heads/head.ts";
import { parseJson, readText } from "../data/annotations.ts";
import { UserError } from "../errors.ts";
import type { Settings } from "./config/settings.ts";

/** The folder that the original's own configuration lies in, beside its modules. */
const BUILT_IN = "cross-base";
/** What it holds. */
const CROSS_BASE = { num_attention_heads: 8, hidden_dropout_prob: 0.1 };

/**
 * How frames meet a text in a run.
 *
 * @throws {UserError} if `--cross_model` names a folder whose `cross_config.json` cannot be read or lacks
 *   a number.
 */
export async function headOf(settings: Settings): Promise<HeadOptions> {
  const { sim_header: kind, cross_num_hidden_layers: layers } = settings;
  switch (kind) {
    case "seqTransf":
      return { kind, layers };
    case "tightTransf":
      return { kind, cross: { layers, ...await crossConfig(settings.cross_model) } };
    default:
      return { kind };
  }
}

async function crossConfig(folder: string): Promise<Omit<CrossOptions, "layers">> {
  if (folder === BUILT_IN) return optionsOf(CROSS_BASE, folder);
  const path = join(folder, "cross_config.json");
  const what = "the cross encoder's configuration (--cross_model)";
  return optionsOf(parseJson(await readText(path, what), path), path);
}

function optionsOf(config: unknown, path: string): Omit<CrossOptions, "layers"> {
  const { num_attention_heads: heads, hidden_dropout_prob: dropout } = Object(config);
  if (!Number.isInteger(heads) || heads < 1) {
    throw new UserError(`${path}: num_attention_heads is no whole number of at least 1`);
  }
  if (typeof dropout !== "number" || !(dropout >= 0 && dropout < 1)) {
    throw new UserError(`${path}: hidden_dropout_prob is no number of at least 0 and below 1`);
  }
  return { heads, dropout };
}
