/**
 * The sizes of a CLIP model, read off its weights.
 *
 * @module
 */
import { UsageError, UserError } from "../errors.ts";
import type { Shape } from "../tensor/shape.ts";

/** What every CLIP model has, whatever its image encoder. Heads are 64 wide everywhere. */
export interface ClipSizes {
  /** Width of the joint space. */
  readonly embedDim: number;
  /** Side of a frame in pixels. */
  readonly imageResolution: number;
  /** Most tokens of a text. */
  readonly contextLength: number;
  /** Tokens of the vocabulary. */
  readonly vocabSize: number;
  /** Elements of a token of the text transformer. */
  readonly textWidth: number;
  /** Blocks of the text transformer. */
  readonly textLayers: number;
}

/** Sizes of a CLIP model whose image encoder is a vision transformer. */
export interface VitConfig extends ClipSizes {
  /** The image encoder. */
  readonly vision: "ViT";
  /** Blocks of the vision transformer. */
  readonly visionLayers: number;
  /** Elements of a token of the vision transformer. */
  readonly visionWidth: number;
  /** Side of a patch in pixels. */
  readonly visionPatchSize: number;
}

/** Sizes of a CLIP model whose image encoder is a modified ResNet. */
export interface ResNetConfig extends ClipSizes {
  /** The image encoder. */
  readonly vision: "ResNet";
  /** Bottlenecks of each of the four stages. */
  readonly visionLayers: readonly [number, number, number, number];
  /** Channels that enter the first stage; 32 times as many leave the last. */
  readonly visionWidth: number;
}

/** Sizes of a CLIP model; `vision` tells the image encoder. */
export type ClipConfig = VitConfig | ResNetConfig;

/**
 * The config, where the image encoder is a vision transformer.
 *
 * @param what What only such an encoder can do, for the message.
 * @throws {UsageError} if it is a ResNet.
 */
export function demandVit(config: ClipConfig, what: string): VitConfig {
  if (config.vision === "ViT") return config;
  throw new UsageError(`${what} needs a vision transformer; this CLIP model has a ResNet`);
}

/** Pixels of a frame, along a side, for one cell of the grid that a ResNet's last stage gives. */
const RESNET_STRIDE = 32;
/** Channels that leave a bottleneck for each of its inner ones. */
const EXPANSION = 4;

/** Patches of a frame. */
export function patchesOf({ imageResolution, visionPatchSize }: VitConfig): number {
  return Math.floor(imageResolution / visionPatchSize) ** 2;
}

/** A convolution of a ResNet's image encoder with the batch norm behind it. */
interface ConvolutionShape {
  /** Name of the convolution under `visual.`, without `.weight`. */
  readonly conv: string;
  /** Name of its batch norm under `visual.`. */
  readonly norm: string;
  /** [out, in, height, width]. */
  readonly shape: Shape;
}

/** The convolutions of a modified ResNet in the order of OpenAI's files (SPEC 3.5). */
function convolutionsOf({ visionWidth, visionLayers }: ResNetConfig): ConvolutionShape[] {
  const half = visionWidth / 2;
  const made: ConvolutionShape[] = [];
  const add = (at: string, i: number, [out, inn, side]: readonly [number, number, number]) =>
    made.push({ conv: `${at}conv${i}`, norm: `${at}bn${i}`, shape: [out, inn, side, side] });
  add("", 1, [half, 3, 3]);
  add("", 2, [half, half, 3]);
  add("", 3, [visionWidth, half, 3]);
  let channels = visionWidth;
  visionLayers.forEach((blocks, stage) => {
    const planes = visionWidth * 2 ** stage;
    for (let block = 0; block < blocks; block++) {
      const at = `layer${stage + 1}.${block}.`;
      add(at, 1, [planes, channels, 1]);
      add(at, 2, [planes, planes, 3]);
      add(at, 3, [planes * EXPANSION, planes, 1]);
      if (block === 0) {
        const shape = [planes * EXPANSION, channels, 1, 1];
        made.push({ conv: `${at}downsample.0`, norm: `${at}downsample.1`, shape });
      }
      channels = planes * EXPANSION;
    }
  });
  return made;
}

/** Channels that leave a modified ResNet's last stage. */
export function featuresOf({ visionWidth }: ResNetConfig): number {
  return visionWidth * 8 * EXPANSION;
}

/**
 * Reads the sizes off the names and shapes of a state dict in OpenAI's names (SPEC 3.1).
 *
 * @param label What the message calls the weights.
 * @param nameOf What the weights' own file calls a tensor.
 * @throws {UserError} if a tensor that decides a size is missing, or has not the dimensions to do so.
 */
export function configOf(
  shapes: ReadonlyMap<string, Shape>,
  label = "",
  nameOf: (openai: string) => string = (name) => name,
): ClipConfig {
  const where = label && `${label}: `;
  const shape = (name: string): Shape => {
    const found = shapes.get(name);
    if (!found) {
      throw new UserError(`${where}these are no CLIP weights: "${nameOf(name)}" is missing`);
    }
    const rank = name.endsWith("conv1.weight") ? 4 : name === "ln_final.weight" ? 1 : 2;
    if (found.length !== rank || found.includes(0)) {
      throw new UserError(
        `${where}"${nameOf(name)}" has the shape [${found}], and CLIP's has ${rank} dimensions`,
      );
    }
    return found;
  };
  const count = (pattern: RegExp) =>
    new Set([...shapes.keys()].map((name) => name.match(pattern)?.[1]).filter(Boolean)).size;
  const grid = (name: string) => Math.round(Math.sqrt(shape(name)[0] - 1));
  const text = {
    embedDim: shape("text_projection")[1],
    contextLength: shape("positional_embedding")[0],
    vocabSize: shape("token_embedding.weight")[0],
    textWidth: shape("ln_final.weight")[0],
    textLayers: count(/^transformer\.resblocks\.(\d+)\./),
  };
  if (shapes.has("visual.layer1.0.conv1.weight")) {
    const stage = (i: number) => count(new RegExp(`^visual\\.layer${i}\\.(\\d+)\\.`));
    return {
      ...text,
      vision: "ResNet",
      imageResolution: RESNET_STRIDE * grid("visual.attnpool.positional_embedding"),
      visionLayers: [stage(1), stage(2), stage(3), stage(4)],
      visionWidth: shape("visual.layer1.0.conv1.weight")[0],
    };
  }
  const [visionWidth, , , visionPatchSize] = shape("visual.conv1.weight");
  return {
    ...text,
    vision: "ViT",
    imageResolution: visionPatchSize * grid("visual.positional_embedding"),
    visionLayers: count(/^visual\.transformer\.resblocks\.(\d+)\.attn\.in_proj_weight$/),
    visionWidth,
    visionPatchSize,
  };
}

/** Every tensor of a CLIP model in OpenAI's names, with its shape, in the order of OpenAI's files. */
export function shapesOf(config: ClipConfig): Map<string, Shape> {
  const { embedDim, textWidth } = config;
  const shapes = new Map<string, Shape>([
    ["positional_embedding", [config.contextLength, textWidth]],
    ["text_projection", [textWidth, embedDim]],
    ["logit_scale", []],
  ]);
  if (config.vision === "ViT") addVit(shapes, config);
  else addResNet(shapes, config);
  addBlocks(shapes, "", config.textLayers, textWidth);
  shapes.set("token_embedding.weight", [config.vocabSize, textWidth]);
  addNorm(shapes, "ln_final", textWidth);
  return shapes;
}

function addVit(shapes: Map<string, Shape>, config: VitConfig): void {
  const { visionWidth: width, visionPatchSize: patch } = config;
  shapes.set("visual.class_embedding", [width]);
  shapes.set("visual.positional_embedding", [patchesOf(config) + 1, width]);
  shapes.set("visual.proj", [width, config.embedDim]);
  shapes.set("visual.conv1.weight", [width, 3, patch, patch]);
  addNorm(shapes, "visual.ln_pre", width);
  addBlocks(shapes, "visual.", config.visionLayers, width);
  addNorm(shapes, "visual.ln_post", width);
}

function addResNet(shapes: Map<string, Shape>, config: ResNetConfig): void {
  for (const { conv, norm, shape } of convolutionsOf(config)) {
    const [channels] = shape, at = `visual.${norm}`;
    shapes.set(`visual.${conv}.weight`, shape);
    addNorm(shapes, at, channels);
    shapes.set(`${at}.running_mean`, [channels]);
    shapes.set(`${at}.running_var`, [channels]);
    shapes.set(`${at}.num_batches_tracked`, []);
  }
  const features = featuresOf(config), pool = "visual.attnpool";
  const cells = (config.imageResolution / RESNET_STRIDE) ** 2;
  shapes.set(`${pool}.positional_embedding`, [cells + 1, features]);
  for (const name of ["k_proj", "q_proj", "v_proj", "c_proj"]) {
    const out = name === "c_proj" ? config.embedDim : features;
    shapes.set(`${pool}.${name}.weight`, [out, features]);
    shapes.set(`${pool}.${name}.bias`, [out]);
  }
}

function addNorm(shapes: Map<string, Shape>, name: string, width: number): void {
  shapes.set(`${name}.weight`, [width]);
  shapes.set(`${name}.bias`, [width]);
}

function addBlocks(
  shapes: Map<string, Shape>,
  prefix: string,
  layers: number,
  width: number,
): void {
  for (let i = 0; i < layers; i++) {
    for (const [name, shape] of blockShapes(width)) {
      shapes.set(`${prefix}transformer.resblocks.${i}.${name}`, shape);
    }
  }
}

/** The tensors of a transformer block, by their names in it. */
export function blockShapes(width: number): ReadonlyMap<string, Shape> {
  const shapes = new Map<string, Shape>([
    ["attn.in_proj_weight", [3 * width, width]],
    ["attn.in_proj_bias", [3 * width]],
    ["attn.out_proj.weight", [width, width]],
    ["attn.out_proj.bias", [width]],
  ]);
  addNorm(shapes, "ln_1", width);
  shapes.set("mlp.c_fc.weight", [4 * width, width]);
  shapes.set("mlp.c_fc.bias", [4 * width]);
  shapes.set("mlp.c_proj.weight", [width, 4 * width]);
  shapes.set("mlp.c_proj.bias", [width]);
  addNorm(shapes, "ln_2", width);
  return shapes;
}
