/**
 * What the reference's text encoder returns besides the embeddings.
 *
 * @module
 */
import type { ClipConfig } from "../clip/config.ts";
import { textTokens, type TokenBatch } from "../clip/text.ts";
import type { Parameters } from "../nn/parameters.ts";
import { norm } from "../nn/transformer.ts";
import { matmul } from "../ops/matmul.ts";
import { tidy } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * Every token of texts in the joint space, where `encodeText` gives the end-of-text token's alone
 * (CenterCLIP, `CLIP.encode_text` with `return_hidden`).
 *
 * @returns [batch, length, embed]
 */
export function encodeEveryToken(
  parameters: Parameters,
  config: ClipConfig,
  batch: TokenBatch,
): Tensor {
  return tidy(parameters.device, () => {
    const tokens = textTokens(parameters, config, batch);
    return matmul(norm(tokens, parameters.at("ln_final")), parameters.get("text_projection"));
  });
}
