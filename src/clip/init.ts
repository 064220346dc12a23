/**
 * Random weights for a CLIP model that starts from nothing.
 *
 * @module
 */
import { Random } from "../tensor/random.ts";
import { type Shape, sizeOf } from "../tensor/shape.ts";
import { type ClipConfig, featuresOf, type ResNetConfig, shapesOf } from "./config.ts";

/** A tensor on the host: its shape and its elements. */
export interface HostTensor {
  readonly shape: Shape;
  readonly data: Float32Array<ArrayBuffer>;
}

/** Purpose number of the streams of random numbers that make weights. */
const STREAM = 0x1417;

/** How one parameter is filled: a normal or uniform distribution, or a constant. */
type Fill = { normal: number } | { uniform: number } | { constant: number };

/** Buffers of a batch norm that has seen nothing, and its weight and bias. */
const NORM: Readonly<Record<string, number>> = {
  weight: 1,
  bias: 0,
  running_mean: 0,
  running_var: 1,
  num_batches_tracked: 0,
};

/** What openai/CLIP's `initialize_parameters` and PyTorch's defaults do (SPEC 3.6). */
function fillOf(name: string, shape: Shape, config: ClipConfig): Fill {
  const { textWidth, textLayers, visionWidth } = config;
  const last = name.split(".").at(-1)!;
  if (config.vision === "ResNet" && name.startsWith("visual.")) {
    return resNetFill(name, shape, config);
  }
  if (name === "logit_scale") return { constant: 1 };
  if (name === "token_embedding.weight") return { normal: 0.02 };
  if (name === "positional_embedding") return { normal: 0.01 };
  if (name === "text_projection") return { normal: textWidth ** -0.5 };
  if (/^visual\.(class_embedding|positional_embedding|proj)$/.test(name)) {
    return { normal: visionWidth ** -0.5 };
  }
  if (/\.?ln_\w+\./.test(name)) return { constant: NORM[last] };
  if (/attn\..*bias$/.test(name)) return { constant: 0 };
  if (name.startsWith("transformer.") && last !== "bias") {
    if (name.endsWith("in_proj_weight")) return { normal: textWidth ** -0.5 };
    if (name.endsWith("c_fc.weight")) return { normal: (2 * textWidth) ** -0.5 };
    return { normal: textWidth ** -0.5 * (2 * textLayers) ** -0.5 };
  }
  // Xavier for the packed projection; Kaiming with a = sqrt(5), so 1 / sqrt(fan in), for the rest.
  if (name.endsWith("in_proj_weight")) return { uniform: Math.sqrt(6 / (shape[0] + shape[1])) };
  const width = name.startsWith("visual.") ? visionWidth : textWidth;
  const fanIn = last !== "bias"
    ? sizeOf(shape.slice(1))
    : name.includes("c_proj")
    ? 4 * width
    : width;
  return { uniform: fanIn ** -0.5 };
}

/** The same for a ResNet: the last norm of every bottleneck starts at 0, so each starts as its shortcut. */
function resNetFill(name: string, shape: Shape, config: ResNetConfig): Fill {
  const features = featuresOf(config);
  if (/attnpool\..*(weight|positional_embedding)$/.test(name)) return { normal: features ** -0.5 };
  if (/attnpool\..*bias$/.test(name)) return { uniform: features ** -0.5 };
  if (/layer\d\.\d+\.bn3\.weight$/.test(name)) return { constant: 0 };
  if (/\bbn\d\.|downsample\.1\./.test(name)) return { constant: NORM[name.split(".").at(-1)!] };
  return { uniform: sizeOf(shape.slice(1)) ** -0.5 };
}

/**
 * Random weights in OpenAI's names: every tensor from a stream of its own, so that a seed gives the same
 * weights whatever else is drawn.
 *
 * @param options.logitScale Start of the logit scale (its logarithm); openai/CLIP leaves 1.
 *
 * Source: openai/CLIP, `CLIP.initialize_parameters`; PyTorch's defaults for the vision blocks.
 */
export function* randomWeights(
  config: ClipConfig,
  seed: number,
  { logitScale }: { logitScale?: number } = {},
): Generator<[name: string, tensor: HostTensor]> {
  let index = 0;
  for (const [name, shape] of shapesOf(config)) {
    const random = new Random(seed, [STREAM, index++]);
    const fill = fillOf(name, shape, config);
    const data = new Float32Array(sizeOf(shape));
    if ("constant" in fill) {
      data.fill(name === "logit_scale" ? logitScale ?? fill.constant : fill.constant);
    } else if ("normal" in fill) {
      for (let i = 0; i < data.length; i++) data[i] = fill.normal * random.normal();
    } else {
      for (let i = 0; i < data.length; i++) data[i] = fill.uniform * (2 * random.uniform() - 1);
    }
    yield [name, { shape, data }];
  }
}
