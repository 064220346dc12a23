/**
 * CLIP's modified ResNet.
 *
 * @module
 */
import { normBatch } from "../nn/batch_norm.ts";
import type { Parameters } from "../nn/parameters.ts";
import { linear } from "../nn/transformer.ts";
import { avgPool } from "../ops/avg_pool.ts";
import { add } from "../ops/binary.ts";
import { conv2d } from "../ops/conv2d.ts";
import { concatRows, sliceRows } from "../ops/copy_rows.ts";
import { extractPatches } from "../ops/patches.ts";
import { queryAttention } from "../ops/query_attention.ts";
import { mean } from "../ops/reduce.ts";
import { reshape } from "../ops/reshape.ts";
import { tidy } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { ResNetConfig } from "./config.ts";

/** Options of {@link resNetFeatures}. */
export interface ResNetOptions {
  /** Batch norms use the batch's statistics and move the running ones; else they use the running ones. */
  readonly training?: boolean;
  /** Sees the features [frames, height, width, channels] after each of the four stages. */
  readonly afterStage?: (features: Tensor, stage: number) => void;
}

/** Three convolutions, the first of stride 2, and average pooling: a quarter of the frame's side is left. */
function stem(x: Tensor, parameters: Parameters, training: boolean): Tensor {
  return tidy(x.device, () => {
    for (const [i, stride] of [2, 1, 1].entries()) {
      const y = conv2d(x, parameters.get(`conv${i + 1}.weight`), { stride, padding: 1 });
      x = normBatch(y, parameters.at(`bn${i + 1}`), { training, relu: true });
    }
    return avgPool(x, 2);
  });
}

/**
 * One bottleneck. Its stride is an average pooling behind the 3 x 3 convolution and before that of the
 * shortcut, so that nothing is skipped (anti-aliasing: Zhang, ICML '19).
 */
function bottleneck(x: Tensor, parameters: Parameters, stride: number, training: boolean): Tensor {
  return tidy(x.device, () => {
    const shrink = (y: Tensor) => stride > 1 ? avgPool(y, stride) : y;
    const weight = (i: number) => parameters.get(`conv${i}.weight`);
    const relu = { training, relu: true };
    const narrow = normBatch(conv2d(x, weight(1)), parameters.at("bn1"), relu);
    const spread = normBatch(conv2d(narrow, weight(2), { padding: 1 }), parameters.at("bn2"), relu);
    const shortcut = parameters.has("downsample.0.weight")
      ? normBatch(
        conv2d(shrink(x), parameters.get("downsample.0.weight")),
        parameters.at("downsample.1"),
        { training },
      )
      : x;
    const wide = conv2d(shrink(spread), weight(3));
    return normBatch(wide, parameters.at("bn3"), { ...relu, residual: shortcut });
  });
}

/**
 * Attention pooling: the mean of all cells, as a token before them, asks them all.
 *
 * @param x [frames, height, width, channels].
 * @returns [frames, embed].
 */
function attentionPool(x: Tensor, parameters: Parameters): Tensor {
  return tidy(x.device, () => {
    const [frames, height, width, channels] = x.shape;
    const cells = reshape(x, [frames, height * width, channels]);
    const middle = reshape(mean(cells, 1), [frames, 1, channels]);
    const tokens = add(concatRows(middle, cells), parameters.get("positional_embedding"));
    const first = reshape(sliceRows(tokens, 0, 1), [frames, channels]);
    const query = linear(first, parameters.at("q_proj"));
    const keys = linear(tokens, parameters.at("k_proj"));
    const values = linear(tokens, parameters.at("v_proj"));
    return linear(queryAttention(query, keys, values), parameters.at("c_proj"));
  });
}

/**
 * Embeds frames by a modified ResNet.
 *
 * @param parameters Those of `visual`; training moves the running statistics among them.
 * @param frames As `encodeFrames()` takes them.
 * @returns [frames, embed], not normalised.
 *
 * Source: openai/CLIP, `ModifiedResNet`; SPEC 3.5.
 */
export function resNetFeatures(
  parameters: Parameters,
  { imageResolution: size, visionLayers }: ResNetConfig,
  frames: Tensor,
  { training = false, afterStage }: ResNetOptions,
): Tensor {
  return tidy(parameters.device, () => {
    // A patch of one pixel is the pixel with its channels innermost.
    const pixels = extractPatches(frames, { patch: 1, size });
    let x = stem(reshape(pixels, [-1, size, size, 3]), parameters, training);
    visionLayers.forEach((blocks, stage) => {
      for (let i = 0; i < blocks; i++) {
        const stride = stage > 0 && i === 0 ? 2 : 1;
        x = bottleneck(x, parameters.at(`layer${stage + 1}.${i}`), stride, training);
      }
      afterStage?.(x, stage);
    });
    return attentionPool(x, parameters.at("attnpool"));
  });
}
