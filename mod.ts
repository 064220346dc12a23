/**
 * CenterCLIP on any GPU: text-video retrieval with token clustering, on WebGPU.
 *
 * Nothing happens at import, and everything that is reached statically runs in a browser.
 *
 * @module
 */
export * from "./src/errors.ts";
export * from "./src/gpu/errors.ts";
export * from "./src/gpu/open.ts";
export type { ProviderName } from "./src/gpu/provider.ts";
export type { Device, DeviceInfo, Launch } from "./src/gpu/device.ts";
export type { BufferBinding, Kernel } from "./src/gpu/pipeline.ts";
export type { BufferPool, MemoryUse, PooledBuffer } from "./src/gpu/pool.ts";
export type {
  DispatchCost,
  DispatchTime,
  Interval,
  KernelTime,
  Profile,
} from "./src/gpu/profile.ts";
export type { Specialisation } from "./src/gpu/shader.ts";
export { Random } from "./src/tensor/random.ts";
export type { DType, FloatType, HostArrays } from "./src/tensor/dtype.ts";
export type { Shape } from "./src/tensor/shape.ts";
export { type Tensor, tensor, type Uploadable, type Uploaded } from "./src/tensor/tensor.ts";
export { Scope, tidy } from "./src/tensor/scope.ts";
export { checkpoint } from "./src/autograd/checkpoint.ts";
export { noGrad, Tape } from "./src/autograd/tape.ts";
export type { Application, Gradient, GradientContext, Input, Recorder } from "./src/ops/define.ts";
export { cast } from "./src/ops/cast.ts";
export { matmul, type MatmulOptions } from "./src/ops/matmul.ts";
export { conv2d, type Conv2dOptions } from "./src/ops/conv2d.ts";
export { batchNorm, type BatchNormOptions, type RunningStatistics } from "./src/ops/batch_norm.ts";
export { type Eigenvectors, smallestEigenvectors } from "./src/ops/eigen.ts";
export { crossEntropy, type CrossEntropyOptions } from "./src/ops/cross_entropy.ts";
export { clipGradients, type ClipOptions, globalNorm } from "./src/ops/global_norm.ts";
export type { Betas } from "./src/ops/adamw.ts";
export { clampScalar } from "./src/ops/clamp_scalar.ts";
export { type Metric, pairwiseDistance, type PairwiseOptions } from "./src/cluster/distance.ts";
export { kMeans, type KMeansOptions } from "./src/cluster/k_means.ts";
export { type Clusters, kMedoids } from "./src/cluster/k_medoids.ts";
export type { KMedoidsOptions } from "./src/cluster/k_medoids_options.ts";
export {
  affinityGraph,
  type AffinityOptions,
  spatialTemporalGraph,
  type SpatialTemporalOptions,
} from "./src/cluster/affinity.ts";
export { type Laplacian, normalizedLaplacian } from "./src/cluster/laplacian.ts";
export { signFlip } from "./src/cluster/sign_flip.ts";
export {
  type SpectralClusters,
  spectralClusters,
  type SpectralOptions,
} from "./src/cluster/spectral.ts";
export { spatialTemporalWindow, spectralNeighbours } from "./src/cluster/spectral_rules.ts";
export {
  type ClusteredTokens,
  clusterTokens,
  type ClusterTokensOptions,
  segmentMajor,
} from "./src/cluster/segments.ts";
export { poolFrames } from "./src/cluster/pooling.ts";
export { type SampleOptions, sampleTokenIds, sampleTokens } from "./src/cluster/sampling.ts";
export type { Segmentation } from "./src/cluster/layout.ts";
export { type ShiftedTokens, shiftFrames } from "./src/cluster/shift.ts";
export { deepCluster, type DeepClusters } from "./src/cluster/deep_cluster.ts";
export { clusterLayer, type ClusterLayerResult } from "./src/cluster/layer.ts";
export type { ClusterLayerOptions, Grouping } from "./src/cluster/layer_options.ts";
export type {
  CentreMethod,
  CentreOptions,
  ClusterAlgorithm,
  ClusterMethod,
  KMeansMethod,
  KMedoidsMethod,
  PlainMethod,
  SpectralMethod,
} from "./src/cluster/method.ts";
export { Parameters } from "./src/nn/parameters.ts";
export { block as transformerBlock, type BlockOptions } from "./src/nn/transformer.ts";
export type { AttentionOptions } from "./src/ops/attention.ts";
export { l2Normalize } from "./src/ops/l2_normalize.ts";
export {
  type ClipConfig,
  type ClipSizes,
  configOf,
  type ResNetConfig,
  type VitConfig,
} from "./src/clip/config.ts";
export { encodeText, type EncodeTextOptions, type TokenBatch } from "./src/clip/text.ts";
export { type BlockHook, encodeFrames, type EncodeFramesOptions } from "./src/clip/vision.ts";
export type { ResNetOptions } from "./src/clip/resnet.ts";
export {
  type ClipWeights,
  loadWeights,
  type LoadWeightsOptions,
  type Weights,
} from "./src/clip/weights.ts";
export {
  CenterClip,
  type CenterClipOptions,
  type Losses,
  type PairBatch,
} from "./src/centerclip/model.ts";
export type { Precision } from "./src/centerclip/precision.ts";
export {
  type ForwardOptions,
  type Groupings,
  type TrainingPass,
  trainingPass,
} from "./src/centerclip/forward.ts";
export {
  type InitContext,
  type NewParameter,
  type NewParameters,
  newParameters,
} from "./src/centerclip/new_parameters.ts";
export {
  clusterPlan,
  type ClusterPlanSettings,
  type ClusterStep,
  type ListedStep,
  listedSteps,
} from "./src/centerclip/plan.ts";
export { clusterHooks, type Clustering } from "./src/centerclip/clustering.ts";
export {
  loadTokenizer,
  type PackedText,
  Tokenizer,
  type TokenizerOptions,
} from "./src/clip/tokenizer.ts";
export {
  type LabelledText,
  type Merge,
  parseTokenizerJson,
  parseVocabulary,
  type Vocabulary,
  VocabularyError,
} from "./src/clip/vocabulary.ts";
export {
  type BidirectionalMetrics,
  formatMetrics,
  type MetricsOptions,
  type RetrievalFigures,
  type RetrievalMetrics,
  retrievalMetrics,
  transpose,
} from "./src/retrieval/metrics.ts";
export { multiSentenceMetrics } from "./src/retrieval/multi_sentence.ts";
export { dualSoftmax } from "./src/retrieval/rerank.ts";
export { videoRows, videoToTextSimilarity } from "./src/retrieval/sentences.ts";
export { chooseFrames, clipRange, segmentIndices, uniformIndices } from "./src/video/sampling.ts";
export type { FrameChoice, VideoLength } from "./src/video/sampling.ts";
export {
  centerCrop,
  CLIP_MEAN,
  CLIP_STD,
  cropOffset,
  fitFrames,
  type Frames,
  normalizeFrames,
  shortSideSize,
} from "./src/video/transforms.ts";
export { resizeBicubic } from "./src/video/resize.ts";
export * from "./src/optim/schedule.ts";
export * from "./src/optim/adamw.ts";
export * from "./src/optim/bert_adam.ts";
export * from "./src/optim/loss_scale.ts";
export * from "./src/optim/optimizer.ts";
export * from "./src/optim/groups.ts";
export type { HeadOptions, KeptVideos, SimilarityHead } from "./src/centerclip/heads/head.ts";
export {
  crossEncode,
  type CrossEncoding,
  type CrossOptions,
} from "./src/centerclip/heads/cross.ts";
export { contrastiveLoss, meanPooled, similarity } from "./src/centerclip/loss.ts";
export {
  maxMarginLoss,
  type MaxMarginOptions,
  milNceLoss,
} from "./src/centerclip/ranking_losses.ts";
export { segmentMask } from "./src/centerclip/video_mask.ts";
export {
  parseSafetensors,
  type SafetensorsFile,
  type TensorBytes,
} from "./src/io/safetensors_file.ts";
export type { Description, TensorReader } from "./src/io/tensor_reader.ts";
export { SafetensorsError } from "./src/io/safetensors_error.ts";
export type { SafetensorsDType, TensorInfo } from "./src/io/safetensors_header.ts";
export * as compat from "./src/compat/mod.ts";
