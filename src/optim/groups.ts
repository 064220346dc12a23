/**
 * Which parameters learn, and how: frozen ones, weight decay, and CLIP's smaller learning rate.
 *
 * @module
 */

/** How one parameter is updated. */
export interface ParameterRule {
  /** The parameter. */
  readonly name: string;
  /** Factor on the learning rate: `coef_lr` for CLIP's parameters, 1 for new ones. */
  readonly rateFactor: number;
  /** Weight decay; 0 for biases. */
  readonly weightDecay: number;
}

/** Modules that CLIP does not have, whose parameters learn at the full rate. */
export const NEW_MODULES: readonly string[] = ["time_embedding", "frame_embedding", "deepcluster"];

/** Parameters that learn whatever is frozen. */
const ALWAYS = /^(ln_final\.|text_projection$|logit_scale$|visual\.ln_post\.|visual\.proj$)/;
const BLOCK = /^(?:visual\.)?transformer\.resblocks\.(\d+)\./;

/** What a batch norm has seen: kept with the parameters, and no parameter. */
const BUFFER = /\.(running_mean|running_var|num_batches_tracked)$/;

/**
 * Whether a parameter learns under `freeze_layer_num` (SPEC 7.4): with k of 0 or more, CLIP's
 * embeddings, its patch convolution, `ln_pre` and the blocks below k stay as loaded, and so does the whole
 * image encoder where it is a ResNet, none of whose names is one of a block. With 3d patches their own
 * convolution, which CLIP has not, learns. Running statistics of batch norms never do: they are buffers.
 *
 * @example
 * ```ts
 * import { isTrainable } from "./groups.ts";
 * import { strictEqual } from "node:assert/strict";
 * strictEqual(isTrainable("clip.visual.conv1.weight", 0), false);
 * strictEqual(isTrainable("clip.visual.conv1.weight", -1), true);
 * strictEqual(isTrainable("clip.transformer.resblocks.3.mlp.c_fc.bias", 3), true);
 * ```
 */
export function isTrainable(
  name: string,
  freezeLayerNum: number,
  linearPatch: "2d" | "3d" = "2d",
): boolean {
  if (BUFFER.test(name)) return false;
  if (freezeLayerNum < 0 || !name.startsWith("clip.")) return true;
  const own = name.slice("clip.".length);
  if (linearPatch === "3d" && own === "visual.conv2.weight") return true;
  const block = own.match(BLOCK)?.[1];
  return block === undefined ? ALWAYS.test(own) : Number(block) >= freezeLayerNum;
}

/** What groups of parameters learn with. */
export interface GroupOptions {
  /** Factor on the learning rate of CLIP's parameters. */
  readonly coefLr: number;
  /** Weight decay of those that decay. */
  readonly weightDecay: number;
  /** A name with one of these in it is a new parameter. Default: {@link NEW_MODULES}. */
  readonly newModules?: readonly string[];
}

/** Parameters that are updated in the same way. */
export interface ParameterGroup extends Omit<ParameterRule, "name"> {
  /** Their names, in the order of the model. */
  readonly names: readonly string[];
}

/**
 * The groups of the original, empty ones included, in its order: CLIP's parameters that decay, CLIP's
 * that do not, new ones that decay, new ones that do not (SPEC 9). Weight decay spares only names with
 * `bias`, `LayerNorm.bias` or `LayerNorm.weight`: CLIP's norms are called `ln_*`, so their weights
 * decay, as in the original.
 *
 * @example
 * ```ts
 * import { parameterGroups } from "./groups.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * const names = ["similarity_dense.bias", "clip.ln_final.bias", "clip.ln_final.weight"];
 * const groups = parameterGroups(names, { coefLr: 1e-3, weightDecay: 0.2 });
 * deepStrictEqual(groups.map((group) => group.names), [[names[2]], [names[1]], [], [names[0]]]);
 * deepStrictEqual(groups.map((group) => group.rateFactor), [1e-3, 1e-3, 1, 1]);
 * ```
 */
export function parameterGroups(
  names: readonly string[],
  { coefLr, weightDecay, newModules = NEW_MODULES }: GroupOptions,
): ParameterGroup[] {
  const isClip = (name: string) =>
    name.includes("clip.") && !newModules.some((module) => name.includes(module));
  const decays = (name: string) => !name.includes("bias") && !name.includes("LayerNorm.weight");
  return [true, false].flatMap((clip) =>
    [true, false].map((decay) => ({
      rateFactor: clip ? coefLr : 1,
      weightDecay: decay ? weightDecay : 0,
      names: names.filter((name) => isClip(name) === clip && decays(name) === decay),
    }))
  );
}

/**
 * The rule of each parameter, in the order of {@link parameterGroups}.
 *
 * @example
 * ```ts
 * import { parameterRules } from "./groups.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 *
 * deepStrictEqual(parameterRules(["clip.ln_final.weight"], { coefLr: 1e-3, weightDecay: 0.2 }), [
 *   { name: "clip.ln_final.weight", rateFactor: 1e-3, weightDecay: 0.2 },
 * ]);
 * ```
 */
export function parameterRules(names: readonly string[], options: GroupOptions): ParameterRule[] {
  return parameterGroups(names, options).flatMap(({ names, ...rule }) =>
    names.map((name) => ({ name, ...rule }))
  );
}
