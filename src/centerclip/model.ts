/**
 * CenterCLIP: CLIP with token clustering between the blocks of its vision transformer, and the
 * similarity of texts and videos on top.
 *
 * @module
 */
import { type ClipConfig, demandVit } from "../clip/config.ts";
import { encodeText, type TokenBatch } from "../clip/text.ts";
import { encodeFrames } from "../clip/vision.ts";
import type { ClusterLayerResult } from "../cluster/layer.ts";
import type { Device } from "../gpu/device.ts";
import type { Parameters } from "../nn/parameters.ts";
import { add } from "../ops/binary.ts";
import { reshape } from "../ops/reshape.ts";
import type { FloatType } from "../tensor/dtype.ts";
import { tidy } from "../tensor/scope.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { clusterHooks, type Clustering, planOf } from "./clustering.ts";
import type { ForwardOptions } from "./forward.ts";
import type { HeadOptions, KeptVideos, SimilarityHead } from "./heads/head.ts";
import { headOf } from "./heads/mod.ts";
import { contrastiveLoss } from "./loss.ts";
import type { ClusterStep } from "./plan.ts";
import { demandPrecision, type Precision } from "./precision.ts";
import { segmentMask } from "./video_mask.ts";

/** How a model is built on its weights. */
export interface CenterClipOptions {
  /** Frames of a video (`max_frames`). */
  readonly maxFrames: number;
  /** Token clustering; absent for plain CLIP4Clip. */
  readonly clustering?: Clustering;
  /** Patches of single frames (the default), or over three neighbouring ones. */
  readonly linearPatch?: "2d" | "3d";
  /** How frames meet a text. Default: their mean does. */
  readonly head?: HeadOptions;
  /** In what training stores activations. Default `fp32`. */
  readonly precision?: Precision;
  /** The original's behaviour where the default differs: the mask of a segment. */
  readonly compat?: "reference";
}

/** A batch of text-video pairs, as the loader makes it. */
export interface PairBatch {
  /** One text a pair. */
  readonly text: TokenBatch;
  /** [videos * max_frames, height, width, 3] as u8, or [.., 3, size, size] as f32, normalised. */
  readonly frames: Tensor;
  /** 1 for a valid frame: [videos, max_frames]. */
  readonly videoMask: Float32Array<ArrayBuffer>;
}

/** What training minimises. */
export interface Losses {
  /** The sum of the others: a scalar, as they are. */
  readonly total: Tensor;
  /** The contrastive loss. */
  readonly contrastive: Tensor;
  /** The loss of clustering that learns, if there is one. */
  readonly cluster: Tensor | undefined;
}

/**
 * A CenterCLIP model.
 *
 * @example
 * ```ts ignore
 * const model = new CenterClip(parameters, config, { maxFrames: 12 });
 * const videos = model.encodeVideo(frames); // [videos, segments, embed]
 * ```
 */
export class CenterClip {
  /** Where tokens are clustered. */
  readonly plan: readonly ClusterStep[];
  readonly #clip: Parameters;
  readonly #head: SimilarityHead;

  /**
   * Builds a model on weights, which stay the caller's.
   *
   * @param parameters The weights, CLIP's under `clip.` in OpenAI's names.
   * @throws {UsageError} if the clustering does not fit the model, or the model has a ResNet, which has no
   *   tokens to cluster and no patches, and runs in f32 only.
   */
  constructor(
    readonly parameters: Parameters,
    readonly config: ClipConfig,
    readonly options: CenterClipOptions,
  ) {
    if (options.linearPatch === "3d") demandVit(config, "--linear_patch 3d");
    if (options.precision === "amp") demandVit(config, "--precision amp");
    this.#clip = parameters.at("clip");
    this.#head = headOf(parameters, options.head ?? { kind: "meanP" });
    this.plan = planOf(config, options);
  }

  /** The device that holds the weights. */
  get device(): Device {
    return this.parameters.device;
  }

  /** Type in which the towers store the activations of a pass. */
  #activations({ training }: ForwardOptions = {}): FloatType {
    const { options: { precision = "fp32" }, device } = this;
    if (!training || precision === "fp32") return "f32";
    demandPrecision(precision, device.info);
    return "f16";
  }

  /** Frame vectors that a video is left with. */
  get segments(): number {
    return this.plan.at(-1)?.targetFrames ?? this.options.maxFrames;
  }

  /**
   * Embeds texts: [texts, embed], not normalised.
   *
   * @throws {UserError} if training asks for f16 of a device that has none.
   */
  encodeText(batch: TokenBatch, options?: ForwardOptions): Tensor {
    return encodeText(this.#clip, this.config, batch, { activations: this.#activations(options) });
  }

  /**
   * Embeds videos: [videos, segments, embed], one vector a frame or, with clustering, a segment; not
   * normalised.
   *
   * @param frames As {@link PairBatch.frames}.
   */
  encodeVideo(frames: Tensor, options?: ForwardOptions): Tensor {
    return tidy(this.device, () => this.#encodeVideo(frames, options)[0]);
  }

  /** Vectors, as above, and the loss of clustering that learns, if there is one. */
  #encodeVideo(
    frames: Tensor,
    options: ForwardOptions = {},
  ): readonly [vectors: Tensor, cluster?: Tensor] {
    const { plan, options: { maxFrames, linearPatch, clustering } } = this;
    const visual = this.#clip.at("visual"), losses: Tensor[] = [];
    const note = ({ loss }: ClusterLayerResult) => loss && losses.push(loss);
    const vectors = encodeFrames(visual, this.config, frames, {
      training: options.training !== undefined,
      activations: this.#activations(options),
      patches3d: linearPatch === "3d" ? { frames: maxFrames } : undefined,
      ...clustering && clusterHooks(plan, clustering.method, visual, options, note),
      kept: losses,
    });
    const shaped = reshape(vectors, [-1, this.segments, this.config.embedDim]);
    return losses.length ? [shaped, losses.reduce(add)] : [shaped];
  }

  /**
   * What is kept of videos for retrieval: with most heads one vector each.
   *
   * @param vectors As {@link CenterClip.encodeVideo} gives them.
   * @param videoMask 1 for a valid frame: [videos, max_frames].
   */
  keepVideo(vectors: Tensor, videoMask: Float32Array<ArrayBuffer>): KeptVideos {
    const { segments, options: { maxFrames, compat } } = this;
    const mask = segments === maxFrames
      ? videoMask
      : segmentMask(videoMask, maxFrames, segments, { compat });
    return this.#head.keep(vectors, mask);
  }

  /**
   * The similarity of every text with every video: [texts, videos]. With the loose heads it is
   * `exp(logit_scale) * cosine`.
   */
  similarity(text: Tensor, videos: KeptVideos, { training }: ForwardOptions = {}): Tensor {
    return this.#head.similarity(text, videos, training);
  }

  /** The similarity of every text of a batch with every video of it: [pairs, pairs]. */
  logits(batch: PairBatch, options?: ForwardOptions): Tensor {
    return tidy(this.device, () => this.#logits(batch, options)[0]);
  }

  /** Similarities, as above, and the loss of clustering that learns, if there is one. */
  #logits(batch: PairBatch, options?: ForwardOptions): readonly [logits: Tensor, cluster?: Tensor] {
    const text = this.encodeText(batch.text, options);
    const [vectors, cluster] = this.#encodeVideo(batch.frames, options);
    const logits = this.similarity(text, this.keepVideo(vectors, batch.videoMask), options);
    return cluster ? [logits, cluster] : [logits];
  }

  /** The loss of a batch and its parts. */
  losses(batch: PairBatch, options?: ForwardOptions): Losses {
    const [total, contrastive, cluster] = tidy(this.device, () => {
      const [logits, cluster] = this.#logits(batch, options);
      const contrastive = contrastiveLoss(logits);
      return cluster
        ? [add(contrastive, cluster), contrastive, cluster]
        : [contrastive, contrastive];
    });
    return { total, contrastive, cluster };
  }

  /** The loss of a batch: a scalar. */
  loss(batch: PairBatch, options?: ForwardOptions): Tensor {
    return tidy(this.device, () => this.losses(batch, options).total);
  }
}
