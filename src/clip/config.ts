/**
 * The sizes of a CLIP model, read off its weights.
 *
 * @module
 */
import { UserError } from "../errors.ts";
import type { Shape } from "../tensor/shape.ts";

/** Sizes of a CLIP model with a vision transformer. Heads are 64 wide everywhere. */
export interface ClipConfig {
  /** Width of the joint space. */
  readonly embedDim: number;
  /** Side of a frame in pixels. */
  readonly imageResolution: number;
  /** Blocks of the vision transformer. */
  readonly visionLayers: number;
  /** Elements of a token of the vision transformer. */
  readonly visionWidth: number;
  /** Side of a patch in pixels. */
  readonly visionPatchSize: number;
  /** Most tokens of a text. */
  readonly contextLength: number;
  /** Tokens of the vocabulary. */
  readonly vocabSize: number;
  /** Elements of a token of the text transformer. */
  readonly textWidth: number;
  /** Blocks of the text transformer. */
  readonly textLayers: number;
}

/** Patches of a frame. */
export function patchesOf({ imageResolution, visionPatchSize }: ClipConfig): number {
  return Math.floor(imageResolution / visionPatchSize) ** 2;
}

/**
 * Reads the sizes off the names and shapes of a state dict in OpenAI's names (SPEC 3.1).
 *
 * @throws {UserError} if a tensor that decides a size is missing.
 */
export function configOf(shapes: ReadonlyMap<string, Shape>): ClipConfig {
  const shape = (name: string): Shape => {
    const found = shapes.get(name);
    if (!found) throw new UserError(`these are no CLIP weights: "${name}" is missing`);
    return found;
  };
  const layers = (pattern: RegExp) =>
    new Set([...shapes.keys()].map((name) => name.match(pattern)?.[1]).filter(Boolean)).size;
  const [visionWidth, , , visionPatchSize] = shape("visual.conv1.weight");
  const grid = Math.round(Math.sqrt(shape("visual.positional_embedding")[0] - 1));
  return {
    embedDim: shape("text_projection")[1],
    imageResolution: visionPatchSize * grid,
    visionLayers: layers(/^visual\.transformer\.resblocks\.(\d+)\.attn\.in_proj_weight$/),
    visionWidth,
    visionPatchSize,
    contextLength: shape("positional_embedding")[0],
    vocabSize: shape("token_embedding.weight")[0],
    textWidth: shape("ln_final.weight")[0],
    textLayers: layers(/^transformer\.resblocks\.(\d+)\./),
  };
}

/** Every tensor of a CLIP model in OpenAI's names, with its shape, in the order of OpenAI's files. */
export function shapesOf(config: ClipConfig): Map<string, Shape> {
  const { embedDim, visionWidth: v, textWidth: t, visionPatchSize: p } = config;
  const shapes = new Map<string, Shape>([
    ["positional_embedding", [config.contextLength, t]],
    ["text_projection", [t, embedDim]],
    ["logit_scale", []],
    ["visual.class_embedding", [v]],
    ["visual.positional_embedding", [patchesOf(config) + 1, v]],
    ["visual.proj", [v, embedDim]],
    ["visual.conv1.weight", [v, 3, p, p]],
  ]);
  const norm = (name: string, width: number) => {
    shapes.set(`${name}.weight`, [width]);
    shapes.set(`${name}.bias`, [width]);
  };
  const blocks = (prefix: string, layers: number, width: number) => {
    for (let i = 0; i < layers; i++) {
      const at = `${prefix}transformer.resblocks.${i}`;
      shapes.set(`${at}.attn.in_proj_weight`, [3 * width, width]);
      shapes.set(`${at}.attn.in_proj_bias`, [3 * width]);
      shapes.set(`${at}.attn.out_proj.weight`, [width, width]);
      shapes.set(`${at}.attn.out_proj.bias`, [width]);
      norm(`${at}.ln_1`, width);
      shapes.set(`${at}.mlp.c_fc.weight`, [4 * width, width]);
      shapes.set(`${at}.mlp.c_fc.bias`, [4 * width]);
      shapes.set(`${at}.mlp.c_proj.weight`, [width, 4 * width]);
      shapes.set(`${at}.mlp.c_proj.bias`, [width]);
      norm(`${at}.ln_2`, width);
    }
  };
  norm("visual.ln_pre", v);
  blocks("visual.", config.visionLayers, v);
  norm("visual.ln_post", v);
  blocks("", config.textLayers, t);
  shapes.set("token_embedding.weight", [config.vocabSize, t]);
  norm("ln_final", t);
  return shapes;
}
