/**
 * Similarity of texts and videos, and the loss over it.
 *
 * @module
 */
import { scale } from "../ops/affine.ts";
import { add, mul } from "../ops/binary.ts";
import { crossEntropy } from "../ops/cross_entropy.ts";
import { exp } from "../ops/exp.ts";
import { l2Normalize } from "../ops/l2_normalize.ts";
import { maskedMean } from "../ops/masked_mean.ts";
import { matmul } from "../ops/matmul.ts";
import { tidy } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";

/**
 * One vector a video: frame vectors normalised, averaged where the mask is 1, normalised again.
 *
 * @param frames [videos, segments, embed]
 * @param mask [videos, segments], 1 or 0, as f32
 * @returns [videos, embed]; NaN for a video whose mask is empty.
 *
 * @example
 * ```ts ignore
 * const videos = meanPooled(model.encodeVideo(frames), mask);
 * ```
 */
export function meanPooled(frames: Tensor, mask: Tensor): Tensor {
  return tidy(frames.device, () => l2Normalize(maskedMean(l2Normalize(frames), mask)));
}

/**
 * `exp(logit_scale) * cosine(text, video)` with mean-pooled frames: meanP.
 *
 * @param text [texts, embed], not normalised
 * @param videos [videos, embed], as {@link meanPooled} gives them
 * @param logitScale []: the logarithm of the scale
 * @returns [texts, videos]
 *
 * Source: CLIP4Clip, `_loose_similarity` with `meanP`; SPEC 4.4.
 *
 * @example
 * ```ts ignore
 * const logits = similarity(model.encodeText(text), videos, parameters.get("clip.logit_scale"));
 * ```
 */
export function similarity(text: Tensor, videos: Tensor, logitScale: Tensor): Tensor {
  return tidy(text.device, () => {
    const cosine = matmul(l2Normalize(text), videos, { transposeB: true });
    return mul(cosine, exp(logitScale));
  });
}

/**
 * The symmetric contrastive loss: the mean of the cross entropies over rows and over columns, the
 * diagonal being right.
 *
 * @param logits [pairs, pairs]
 *
 * Source: CLIP4Clip, `CrossEn`; SPEC 4.3.
 *
 * @example
 * ```ts ignore
 * const loss = contrastiveLoss(model.logits(batch));
 * ```
 */
export function contrastiveLoss(logits: Tensor): Tensor {
  return tidy(logits.device, () => {
    const rows = crossEntropy(logits), columns = crossEntropy(logits, { transpose: true });
    return scale(add(rows, columns), 0.5);
  });
}
