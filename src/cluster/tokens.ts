/**
 * Readies tokens for the distance kernels: whole vec4s, normalised where asked for, with their norms.
 *
 * @module
 */
import source from "../../kernels/cluster/tokens.wgsl" with { type: "text" };
import { empty, type Tensor } from "../tensor/tensor.ts";
import { type TokenLayout, tokensOf } from "./layout.ts";

const kernel = { name: "tokens", source };
const LANES = 64;

/** Tokens as the distance kernels take them. */
export interface ReadyTokens {
  readonly tokens: Tensor;
  /** Their layout; the width is a multiple of 4. */
  readonly layout: TokenLayout;
  /** The norms that they had before they were normalised, if they were. */
  readonly givenNorms?: Tensor<"f32">;
}

function launch(entry: string, bind: Record<string, Tensor>, layout: TokenLayout, width: number) {
  const { device } = bind.norms ?? bind.y;
  const { segments, frames, skip, patches } = layout;
  const tokens = tokensOf(layout), n = segments * tokens;
  const lanes = entry === "norms_of" ? n : n * Math.ceil(layout.width / 4);
  device.launch({
    kernel,
    entry,
    bind,
    params: { n, tokens, width, frames, skip, patches },
    groups: [Math.min(Math.ceil(lanes / LANES), device.info.maxWorkgroups)],
  });
}

/** The euclidean norms of the tokens, `[segments, tokens]`. */
export function tokenNorms({ tokens, layout }: ReadyTokens): Tensor<"f32"> {
  const norms = empty(tokens.device, "f32", [layout.segments, tokensOf(layout)], "norms");
  launch("norms_of", { vectors: tokens, norms }, layout, layout.width / 4);
  return norms;
}

/**
 * The tokens as they lie where the kernels can read them so, else {@link packTokens}: a padded copy, with
 * `preNorm` divided by the norms plus 1e-6.
 */
export function readyTokens(x: Tensor, layout: TokenLayout, preNorm = false): ReadyTokens {
  return !preNorm && layout.width % 4 === 0
    ? { tokens: x, layout }
    : packTokens(x, layout, preNorm);
}

/** A copy of the tokens, `[segments, tokens, width]`, padded with zeros to whole vec4s. */
export function packTokens(x: Tensor, layout: TokenLayout, preNorm = false): ReadyTokens {
  const { segments, width } = layout;
  const patches = tokensOf(layout), padded = Math.ceil(width / 4) * 4;
  const tokens = empty(x.device, "f32", [segments, patches, padded], "pack");
  launch("pack", { scalars: x, y: tokens }, layout, width);
  const ready = { tokens, layout: { segments, frames: 1, skip: 0, patches, width: padded } };
  if (!preNorm) return ready;
  const givenNorms = tokenNorms(ready);
  launch("normalise", { norms: givenNorms, y: tokens }, ready.layout, padded / 4);
  return { ...ready, givenNorms };
}
