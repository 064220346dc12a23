/**
 * The parameters of the similarity heads, and how each starts (SPEC 4.2).
 *
 * @module
 */
import type { ClipConfig } from "../../clip/config.ts";
import { UsageError } from "../../errors.ts";
import type { Random } from "../../tensor/random.ts";
import { type Shape, sizeOf } from "../../tensor/shape.ts";
import type { CenterClipOptions } from "../model.ts";
import type { NewParameter, NewParameters } from "../new_parameters.ts";

/** Deviation of what starts at random (`initializer_range`). */
const DEVIATION = 0.02;

function filled(shape: Shape, draw: (random: Random) => number): NewParameter {
  return {
    shape,
    init: ({ random }) => Float32Array.from({ length: sizeOf(shape) }, () => draw(random)),
  };
}

const normal = (shape: Shape) => filled(shape, (random) => DEVIATION * random.normal());
const constant = (shape: Shape, value: number) => filled(shape, () => value);
const uniform = (shape: Shape, limit: number) =>
  filled(shape, (random) => limit * (2 * random.uniform() - 1));

/** A copy of one of CLIP's tensors. */
function copy(name: string, shape: Shape): NewParameter {
  return { shape, init: async ({ clip }) => Float32Array.from(await clip(name)) };
}

/** The names and shapes of a transformer block of a width. */
function blockShapes(width: number): [name: string, shape: Shape][] {
  return [
    ["attn.in_proj_weight", [3 * width, width]],
    ["attn.in_proj_bias", [3 * width]],
    ["attn.out_proj.weight", [width, width]],
    ["attn.out_proj.bias", [width]],
    ["ln_1.weight", [width]],
    ["ln_1.bias", [width]],
    ["mlp.c_fc.weight", [4 * width, width]],
    ["mlp.c_fc.bias", [4 * width]],
    ["mlp.c_proj.weight", [width, 4 * width]],
    ["mlp.c_proj.bias", [width]],
    ["ln_2.weight", [width]],
    ["ln_2.bias", [width]],
  ];
}

/** Blocks that start as the first ones of CLIP's text encoder; those beyond its depth at random. */
function* textBlocks(
  prefix: string,
  layers: number,
  { textWidth, textLayers }: ClipConfig,
): Generator<[string, NewParameter]> {
  for (let i = 0; i < layers; i++) {
    for (const [name, shape] of blockShapes(textWidth)) {
      const from = `transformer.resblocks.${i}.${name}`;
      const fresh = /^ln_\d\.weight$/.test(name)
        ? constant(shape, 1)
        : shape.length === 1
        ? constant(shape, 0)
        : normal(shape);
      yield [`${prefix}.resblocks.${i}.${name}`, i < textLayers ? copy(from, shape) : fresh];
    }
  }
}

/** The position embeddings of a head, which start as those of CLIP's texts. */
function positionTable({ contextLength, textWidth }: ClipConfig): NewParameter {
  return copy("positional_embedding", [contextLength, textWidth]);
}

function* seqTransf(config: ClipConfig, layers: number): Generator<[string, NewParameter]> {
  yield ["frame_position_embeddings.weight", positionTable(config)];
  yield* textBlocks("transformerClip", layers, config);
}

function* seqLstm(config: ClipConfig): Generator<[string, NewParameter]> {
  const width = config.embedDim, limit = width ** -0.5;
  // The original's LSTM does not use them, but its checkpoints hold them.
  yield ["frame_position_embeddings.weight", positionTable(config)];
  yield ["lstm_visual.weight_ih_l0", uniform([4 * width, width], limit)];
  yield ["lstm_visual.weight_hh_l0", uniform([4 * width, width], limit)];
  yield ["lstm_visual.bias_ih_l0", uniform([4 * width], limit)];
  yield ["lstm_visual.bias_hh_l0", uniform([4 * width], limit)];
}

function* tightTransf(config: ClipConfig, layers: number): Generator<[string, NewParameter]> {
  const width = config.embedDim;
  yield ["cross.embeddings.position_embeddings.weight", positionTable(config)];
  yield* textBlocks("cross.transformer", layers, config);
  yield ["cross.pooler.ln_pool.weight", constant([width], 1)];
  yield ["cross.pooler.ln_pool.bias", constant([width], 0)];
  yield ["cross.pooler.dense.weight", normal([width, width])];
  yield ["cross.pooler.dense.bias", constant([width], 0)];
  yield ["similarity_dense.weight", normal([1, width])];
  yield ["similarity_dense.bias", constant([1], 0)];
}

/**
 * What the head of a model adds to CLIP's parameters, in the original's names.
 *
 * @throws {UsageError} if the head cannot stand on the model: the heads that start from CLIP's text
 *   encoder need its width for the joint space too, and a position for every frame.
 */
export function headParameters(
  config: ClipConfig,
  { head = { kind: "meanP" }, maxFrames }: CenterClipOptions,
): NewParameters {
  if (head.kind === "meanP") return new Map();
  const { embedDim, textWidth, contextLength } = config;
  const flag = `--sim_header ${head.kind}`;
  if (embedDim !== textWidth) {
    throw new UsageError(
      `${flag} starts from CLIP's text encoder, whose width of ${textWidth} is not that of the joint ` +
        `space, ${embedDim}; take another model, or meanP`,
    );
  }
  const tokens = head.kind === "tightTransf" ? maxFrames + 1 : maxFrames;
  if (tokens > contextLength) {
    throw new UsageError(
      `${flag} has ${contextLength} positions, too few for --max_frames ${maxFrames}`,
    );
  }
  if (head.kind === "seqLSTM") return new Map(seqLstm(config));
  if (head.kind === "seqTransf") return new Map(seqTransf(config, head.layers));
  const { layers, heads } = head.cross;
  if (embedDim % heads !== 0 || embedDim / heads > 64 || embedDim / heads % 4 !== 0) {
    throw new UsageError(
      `${flag}: ${heads} heads do not divide a width of ${embedDim} into multiples of 4 up to 64`,
    );
  }
  return new Map(tightTransf(config, layers));
}
