/**
 * CLIP's text encoder.
 *
 * @module
 */
import type { Parameters } from "../nn/parameters.ts";
import { block, norm } from "../nn/transformer.ts";
import { add } from "../ops/binary.ts";
import { cast } from "../ops/cast.ts";
import { sliceRows } from "../ops/copy_rows.ts";
import { embedding } from "../ops/embedding.ts";
import { matmul } from "../ops/matmul.ts";
import { reshape } from "../ops/reshape.ts";
import { selectToken } from "../ops/select_token.ts";
import type { FloatType } from "../tensor/dtype.ts";
import { tidy } from "../tensor/scope.ts";
import { type Tensor, tensor } from "../tensor/tensor.ts";
import type { ClipConfig } from "./config.ts";

/** Token ids on the host: row-major [batch, length]. */
export interface TokenBatch {
  /** [batch, length], zeros behind the end of a text. */
  readonly ids: Int32Array<ArrayBuffer>;
  /** Tokens of a row. */
  readonly length: number;
}

/** Options of {@link encodeText}. */
export interface EncodeTextOptions {
  /** Type in which the blocks store tokens. Default f32. */
  readonly activations?: FloatType;
}

/** Where the end-of-text token of each row stands: the first position of the row's largest id. */
export function endOfText({ ids, length }: TokenBatch): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: ids.length / length }, (_, row) => {
    const words = ids.subarray(row * length, (row + 1) * length);
    return words.reduce((best, id, at) => id > words[best] ? at : best, 0);
  });
}

/**
 * The tokens of texts after the causal transformer.
 *
 * @returns f32 [batch, length, width], before the last norm.
 * @throws {RangeError} if the texts are longer than the model's context.
 */
export function textTokens(
  parameters: Parameters,
  config: ClipConfig,
  batch: TokenBatch,
  { activations = "f32" }: EncodeTextOptions = {},
): Tensor {
  const { length } = batch;
  if (length > config.contextLength) {
    throw new RangeError(`${length} tokens exceed the model's context of ${config.contextLength}`);
  }
  const { device } = parameters;
  return tidy(device, () => {
    const ids = tensor(device, batch.ids, [batch.ids.length / length, length]);
    const positions = parameters.get("positional_embedding");
    const used = sliceRows(reshape(positions, [1, config.contextLength, -1]), 0, length);
    const embedded = add(embedding(parameters.get("token_embedding.weight"), ids), used);
    let x = cast(embedded, activations);
    for (let i = 0; i < config.textLayers; i++) {
      x = block(x, parameters.at(`transformer.resblocks.${i}`), { causal: true });
    }
    return cast(x, "f32");
  });
}

/**
 * Embeds texts: causal transformer, the end-of-text token projected into the joint space.
 *
 * @returns [batch, embed], not normalised.
 * @throws {RangeError} if the texts are longer than the model's context.
 *
 * Source: openai/CLIP, `CLIP.encode_text`; SPEC 3.4.
 *
 * @example
 * ```ts ignore
 * const { ids } = tokenizer.pack("a dog runs", 32);
 * const vector = encodeText(parameters.at("clip"), config, { ids, length: 32 });
 * ```
 */
export function encodeText(
  parameters: Parameters,
  config: ClipConfig,
  batch: TokenBatch,
  options?: EncodeTextOptions,
): Tensor {
  const { device } = parameters;
  return tidy(device, () => {
    const tokens = textTokens(parameters, config, batch, options);
    // The norm works token by token, so only the tokens that are used need it.
    const used = selectToken(tokens, tensor(device, endOfText(batch)));
    return matmul(norm(used, parameters.at("ln_final")), parameters.get("text_projection"));
  });
}
