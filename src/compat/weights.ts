/**
 * The half precision in which the reference holds a part of CLIP while it loads weights.
 *
 * @module
 */

/** The tensors of CLIP's convolutions, linear maps, attentions and projections. */
const HALF = new RegExp(
  String.raw`^clip\.(.+\.)?((conv\d|downsample\.0|\w+_proj|c_fc|fc\d)\.(weight|bias)` +
    String.raw`|attn\.in_proj_(weight|bias)|text_projection|visual\.proj)$`,
);

/**
 * Whether the reference builds a parameter in half precision, so that loading rounds it. Norms, embeddings,
 * the temperature and all that is not CLIP's are never rounded; nor is what a run resumes from, since
 * training makes all parameters single before.
 *
 * @example
 * ```ts
 * import { isLoadedAsHalf } from "./weights.ts";
 * import { strictEqual } from "node:assert/strict";
 * strictEqual(isLoadedAsHalf("clip.visual.conv1.weight"), true);
 * strictEqual(isLoadedAsHalf("clip.visual.ln_post.weight"), false);
 * strictEqual(isLoadedAsHalf("transformerClip.resblocks.0.attn.in_proj_weight"), false);
 * ```
 *
 * Source: openai/CLIP, `convert_weights`.
 */
export function isLoadedAsHalf(name: string): boolean {
  return HALF.test(name);
}

/**
 * Rounds elements of a parameter as the reference does when it loads them, in place: to half precision, ties
 * to even, or not at all.
 *
 * @example
 * ```ts
 * import { roundLoaded } from "./weights.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * const values = Float32Array.of(1 + 2 ** -12);
 * roundLoaded("clip.visual.ln_post.weight", values);
 * deepStrictEqual(values, Float32Array.of(1 + 2 ** -12));
 * roundLoaded("clip.visual.proj", values);
 * deepStrictEqual(values, Float32Array.of(1));
 * ```
 */
export function roundLoaded(name: string, values: Float32Array): void {
  if (!isLoadedAsHalf(name)) return;
  for (let i = 0; i < values.length; i++) values[i] = Math.f16round(values[i]);
}
