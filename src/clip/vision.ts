/**
 * CLIP's image encoders, frame by frame.
 *
 * @module
 */
import type { Parameters } from "../nn/parameters.ts";
import { block, norm } from "../nn/transformer.ts";
import { prependClassToken } from "../ops/class_token.ts";
import { sliceRows } from "../ops/copy_rows.ts";
import { cast } from "../ops/cast.ts";
import { matmul } from "../ops/matmul.ts";
import { extractPatches } from "../ops/patches.ts";
import { reshape } from "../ops/reshape.ts";
import type { FloatType } from "../tensor/dtype.ts";
import { tidy } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { ClipConfig, VitConfig } from "./config.ts";
import { resNetFeatures, type ResNetOptions } from "./resnet.ts";

/** What happens to the tokens at a block, counted from 0: or nothing, and the same tensor comes back. */
export type BlockHook = (tokens: Tensor, block: number) => Tensor;

/** Options of {@link encodeFrames}: those of a vision transformer, and those of a ResNet. */
export interface EncodeFramesOptions extends ResNetOptions {
  /**
   * May replace the tokens [frames, 1 + patches, width] before each block of a vision transformer; the
   * number of frames and tokens may fall. A ResNet has neither blocks nor tokens.
   */
  readonly beforeBlock?: BlockHook;
  /** May replace them by others of the same shape inside each block, between its attention and its MLP. */
  readonly beforeMlp?: BlockHook;
  /** Tensors that the hooks made and that outlive the call; read at its end. */
  readonly kept?: readonly Tensor[];
  /**
   * Embed patches over three neighbouring frames, by `conv2.weight` in place of `conv1.weight`; a video
   * has so many frames.
   */
  readonly patches3d?: { readonly frames: number };
  /** Type in which the blocks of a vision transformer store tokens. Default f32. */
  readonly activations?: FloatType;
}

/**
 * Embeds frames.
 *
 * @param parameters Those of `visual`.
 * @param frames [frames, height, width, 3] as u8, cropped at the centre and normalised on the GPU, or
 *   [frames, 3, size, size] as f32, normalised already.
 * @returns [frames, embed], not normalised.
 *
 * @example
 * ```ts ignore
 * const vectors = encodeFrames(parameters.at("clip.visual"), config, frames);
 * ```
 */
export function encodeFrames(
  parameters: Parameters,
  config: ClipConfig,
  frames: Tensor,
  options: EncodeFramesOptions = {},
): Tensor {
  if (config.vision === "ViT") return transformerFeatures(parameters, config, frames, options);
  return resNetFeatures(parameters, config, frames, options);
}

/** The projected class tokens. Source: openai/CLIP, `VisionTransformer`; SPEC 3.3. */
function transformerFeatures(
  parameters: Parameters,
  config: VitConfig,
  frames: Tensor,
  options: EncodeFramesOptions,
): Tensor {
  const { beforeBlock = (tokens) => tokens, beforeMlp, kept = [], patches3d } = options;
  const { activations = "f32" } = options;
  const { visionPatchSize: patch, imageResolution: size, visionWidth: width } = config;
  const [features] = tidy(parameters.device, () => {
    const spans = patches3d && { taps: 3, frames: patches3d.frames };
    const patches = extractPatches(frames, { patch, size, ...spans });
    const weight = parameters.get(patches3d ? "conv2.weight" : "conv1.weight");
    const kernel = reshape(weight, [width, patches.shape[2]]);
    const embedded = matmul(patches, kernel, { transposeB: true });
    const positions = parameters.get("positional_embedding");
    const tokens = prependClassToken(embedded, parameters.get("class_embedding"), positions);
    let x = norm(tokens, parameters.at("ln_pre"), undefined, activations);
    for (let i = 0; i < config.visionLayers; i++) {
      x = block(beforeBlock(x, i), parameters.at(`transformer.resblocks.${i}`), {
        beforeMlp: beforeMlp && ((tokens) => beforeMlp(tokens, i)),
      });
    }
    // The norm and the projection work token by token, and only the class token is used.
    const [frames_] = x.shape;
    const classes = reshape(cast(sliceRows(x, 0, 1), "f32"), [frames_, width]);
    return [matmul(norm(classes, parameters.at("ln_post")), parameters.get("proj")), ...kept];
  });
  return features;
}
