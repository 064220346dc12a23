/**
 * The parameters of the similarity heads, and how each starts (SPEC 4.2).
 *
 * @module
 */
import { blockShapes, type ClipConfig } from "../../clip/config.ts";
import { UsageError } from "../../errors.ts";
import type { CenterClipOptions } from "../model.ts";
import type { NewParameter, NewParameters } from "../new_parameters.ts";
import { constant, copy, normal, uniform } from "../starts.ts";

/** Deviation of what starts at random (`initializer_range`). */
const DEVIATION = 0.02;

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
        : normal(shape, DEVIATION);
      yield [`${prefix}.resblocks.${i}.${name}`, i < textLayers ? copy(shape, from) : fresh];
    }
  }
}

/** The position embeddings of a head, which start as those of CLIP's texts. */
function positionTable({ contextLength, textWidth }: ClipConfig): NewParameter {
  return copy([contextLength, textWidth], "positional_embedding");
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
  yield ["cross.pooler.dense.weight", normal([width, width], DEVIATION)];
  yield ["cross.pooler.dense.bias", constant([width], 0)];
  yield ["similarity_dense.weight", normal([1, width], DEVIATION)];
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
