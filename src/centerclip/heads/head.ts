/**
 * How the frames of a video meet a text: the similarity heads of CLIP4Clip.
 *
 * @module
 */
import type { Tensor } from "../../tensor/tensor.ts";
import type { TrainingPass } from "../forward.ts";
import type { CrossOptions } from "./cross.ts";

/** A similarity head, by the original's name. */
export type HeadOptions =
  /** Frame vectors are averaged: no parameters. */
  | { readonly kind: "meanP" }
  /** A transformer over the frame vectors first. */
  | {
    readonly kind: "seqTransf";
    /** Its blocks (`cross_num_hidden_layers`). */
    readonly layers: number;
    /** Added to the variance in its norms: 1e-5 (the default) here and in CenterCLIP, 1e-12 in CLIP4Clip. */
    readonly normEps?: number;
  }
  /** An LSTM over the frame vectors first. */
  | { readonly kind: "seqLSTM" }
  /** A transformer over the text and the frames of every pair, which gives the similarity itself. */
  | { readonly kind: "tightTransf"; readonly cross: CrossOptions };

/** Videos as a head keeps them for comparison with texts. */
export interface KeptVideos {
  /** One vector a video [videos, embed], of length 1; with `tightTransf` the frames [videos, segments, embed]. */
  readonly features: Tensor;
  /** With `tightTransf`: 1 for a valid segment, [videos, segments]. */
  readonly mask?: Float32Array<ArrayBuffer>;
}

/** A similarity head over its parameters. */
export interface SimilarityHead {
  /**
   * What is kept of videos.
   *
   * @param vectors [videos, segments, embed]
   * @param mask 1 for a valid segment: [videos, segments]
   */
  keep(vectors: Tensor, mask: Float32Array<ArrayBuffer>): KeptVideos;
  /**
   * The similarity of every text with every video: [texts, videos].
   *
   * @param text [texts, embed], not normalised
   * @param training Present in training.
   */
  similarity(text: Tensor, videos: KeptVideos, training?: TrainingPass): Tensor;
}

/** Added to the attention scores of what a mask hides, as in the original. */
const HIDDEN = -1e6;

/** The bias of attention keys from their mask. */
export function keyBias(mask: Float32Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(mask, (valid) => (1 - valid) * HIDDEN);
}
