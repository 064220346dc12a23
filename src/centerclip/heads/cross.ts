/**
 * The cross encoder of tightTransf: a transformer over a text and the frames of a video, side by side.
 *
 * @module
 */
import type { Parameters } from "../../nn/parameters.ts";
import { block, linear, norm } from "../../nn/transformer.ts";
import { add } from "../../ops/binary.ts";
import { broadcastTo } from "../../ops/broadcast_to.ts";
import { concatRows, sliceRows } from "../../ops/copy_rows.ts";
import { currentRecorder } from "../../ops/define.ts";
import { dropout } from "../../ops/dropout.ts";
import { quickGelu } from "../../ops/quick_gelu.ts";
import { reshape } from "../../ops/reshape.ts";
import { tidy } from "../../tensor/scope.ts";
import { empty, type Tensor, tensor } from "../../tensor/tensor.ts";
import type { TrainingPass } from "../forward.ts";
import { type KeptVideos, keyBias, type SimilarityHead } from "./head.ts";
import { positions } from "./loose.ts";

/** Settings of the cross encoder (`cross_config.json`, with `cross_num_hidden_layers`). */
export interface CrossOptions {
  /** Blocks (`num_hidden_layers`). */
  readonly layers: number;
  /** Heads of a block (`num_attention_heads`). */
  readonly heads: number;
  /** Probability of dropping an element of the embeddings in training (`hidden_dropout_prob`). */
  readonly dropout: number;
  /** Added to the variance in the norms: 1e-12 (the default) in CLIP4Clip, 1e-5 in CenterCLIP's copy. */
  readonly normEps?: number;
}

/** Purpose number of the stream that drops embeddings. */
const DROPOUT = 0xd209;

/** Pairs that are compared at a time where no gradient will be asked for. */
const MOST_PAIRS = 256;

/** What {@link crossEncode} gives. */
export interface CrossEncoding {
  /** Every token after the last block: [pairs, tokens, width]. */
  readonly encoded: Tensor;
  /** One vector a pair, from the first token: [pairs, width]. */
  readonly pooled: Tensor;
}

/**
 * Encodes pairs of texts and videos.
 *
 * @param parameters Those of `cross`.
 * @param x The text's vector, then the frames': [pairs, 1 + frames, width].
 * @param mask 1 for a token that is there: [pairs, 1 + frames].
 * @param training Present in training: embeddings are dropped.
 *
 * Source: CLIP4Clip, `CrossModel`; SPEC 4.4.
 *
 * @example
 * ```ts ignore
 * const options = { layers: 4, heads: 8, dropout: 0.1 };
 * const { pooled } = crossEncode(parameters.at("cross"), x, mask, options);
 * ```
 */
export function crossEncode(
  parameters: Parameters,
  x: Tensor,
  mask: Float32Array,
  { layers, heads, dropout: rate, normEps = 1e-12 }: CrossOptions,
  training?: TrainingPass,
): CrossEncoding {
  const { device, shape: [pairs, tokens, width] } = x;
  const [encoded, pooled] = tidy(device, () => {
    const table = parameters.get("embeddings.position_embeddings.weight");
    const bias = tensor(device, keyBias(mask), [pairs, tokens]);
    let y = add(x, positions(table, tokens));
    if (training) y = dropout(y, rate, training.stream(DROPOUT));
    for (let i = 0; i < layers; i++) {
      const options = { keyBias: bias, head: width / heads, normEps };
      y = block(y, parameters.at(`transformer.resblocks.${i}`), options);
    }
    const pooler = parameters.at("pooler");
    const first = reshape(sliceRows(y, 0, 1), [pairs, width]);
    return [y, quickGelu(linear(norm(first, pooler.at("ln_pool"), normEps), pooler.at("dense")))];
  });
  return { encoded, pooled };
}

/**
 * tightTransf: the cross encoder sees every pair, and a linear layer makes a similarity of it. There is
 * no temperature (CLIP4Clip's `_cross_similarity`).
 */
export function tightHead(parameters: Parameters, options: CrossOptions): SimilarityHead {
  const compare = (text: Tensor, { features, mask }: KeptVideos, training?: TrainingPass) => {
    const [texts, width] = text.shape, [videos, frames] = features.shape;
    const pairs = texts * videos, tokens = 1 + frames;
    const words = broadcastTo(reshape(text, [texts, 1, 1, width]), [texts, videos, 1, width]);
    const views = broadcastTo(reshape(features, [1, videos, frames, width]), [
      texts,
      videos,
      frames,
      width,
    ]);
    const x = concatRows(
      reshape(words, [pairs, 1, width]),
      reshape(views, [pairs, frames, width]),
    );
    const valid = Float32Array.from({ length: pairs * tokens }, (_, i) => {
      const token = i % tokens, video = Math.floor(i / tokens) % videos;
      return token === 0 ? 1 : mask![video * frames + token - 1];
    });
    const { pooled } = crossEncode(parameters.at("cross"), x, valid, options, training);
    return reshape(linear(pooled, parameters.at("similarity_dense")), [texts, videos]);
  };
  return {
    keep: (features, mask) => ({ features, mask }),
    similarity(text, kept, training) {
      const { device, shape: [texts, width] } = text, [videos] = kept.features.shape;
      return tidy(device, () => {
        const step = Math.max(1, Math.floor(MOST_PAIRS / Math.max(videos, 1)));
        if (currentRecorder() || step >= texts) return compare(text, kept, training);
        // A few texts at a time: memory is that of their pairs, however many texts there are.
        const scores = empty(device, "f32", [texts, videos], "tightTransf");
        const rows = reshape(text, [1, texts, width]);
        for (let from = 0; from < texts; from += step) {
          const to = Math.min(from + step, texts);
          using block = tidy(
            device,
            () => compare(reshape(sliceRows(rows, from, to), [to - from, width]), kept),
          );
          device.copy(block, 0, scores, from * videos * 4, block.size * 4);
        }
        return scores;
      });
    },
  };
}
