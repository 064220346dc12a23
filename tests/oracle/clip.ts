/**
 * CLIP's vision transformer and text transformer in float64, as openai/CLIP's read: one plain loop after the
 * other.
 */
import type { Weights } from "./resnet.ts";

/** Tokens, row by row. */
interface Tokens {
  readonly width: number;
  readonly data: Float64Array;
}

const HEAD = 64, EPS = 1e-5;

function norm({ width, data }: Tokens, weights: Weights, name: string): Tokens {
  const gamma = weights(`${name}.weight`).data, beta = weights(`${name}.bias`).data;
  const y = new Float64Array(data.length);
  for (let at = 0; at < data.length; at += width) {
    let mean = 0, variance = 0;
    for (let c = 0; c < width; c++) mean += data[at + c] / width;
    for (let c = 0; c < width; c++) variance += (data[at + c] - mean) ** 2 / width;
    const scale = 1 / Math.sqrt(variance + EPS);
    for (let c = 0; c < width; c++) y[at + c] = (data[at + c] - mean) * scale * gamma[c] + beta[c];
  }
  return { width, data: y };
}

/** Rows times the transpose of [outputs, width], plus a bias. */
function linear(
  { width, data }: Tokens,
  weight: ArrayLike<number>,
  bias?: ArrayLike<number>,
): Tokens {
  const w = Float64Array.from(weight), outputs = w.length / width, rows = data.length / width;
  const y = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < outputs; o++) {
      let sum = bias ? bias[o] : 0;
      for (let k = 0; k < width; k++) sum += data[row * width + k] * w[o * width + k];
      y[row * outputs + o] = sum;
    }
  }
  return { width: outputs, data: y };
}

/** A row times [width, outputs]. */
function project(row: Float64Array, weight: ArrayLike<number>): number[] {
  const outputs = weight.length / row.length;
  const y = new Array<number>(outputs).fill(0);
  row.forEach((value, k) => {
    for (let o = 0; o < outputs; o++) y[o] += value * weight[k * outputs + o];
  });
  return y;
}

function plus(a: Tokens, b: Tokens): Tokens {
  return { width: a.width, data: a.data.map((value, i) => value + b.data[i]) };
}

function attention({ width: packed, data }: Tokens, causal: boolean): Tokens {
  const width = packed / 3, count = data.length / packed, y = new Float64Array(count * width);
  for (let begin = 0; begin < width; begin += HEAD) {
    for (let q = 0; q < count; q++) {
      const scores = Array.from({ length: causal ? q + 1 : count }, (_, k) => {
        let score = 0;
        for (let c = begin; c < begin + HEAD; c++) {
          score += data[q * packed + c] * data[k * packed + width + c];
        }
        return score / Math.sqrt(HEAD);
      });
      const most = Math.max(...scores), exps = scores.map((score) => Math.exp(score - most));
      const total = exps.reduce((sum, e) => sum + e, 0);
      exps.forEach((e, k) => {
        for (let c = begin; c < begin + HEAD; c++) {
          y[q * width + c] += e / total * data[k * packed + 2 * width + c];
        }
      });
    }
  }
  return { width, data: y };
}

function block(x: Tokens, weights: Weights, at: string, causal: boolean): Tokens {
  const get = (name: string) => weights(`${at}.${name}`).data;
  const affine = (y: Tokens, name: string) => linear(y, get(`${name}.weight`), get(`${name}.bias`));
  const qkv = linear(
    norm(x, weights, `${at}.ln_1`),
    get("attn.in_proj_weight"),
    get("attn.in_proj_bias"),
  );
  x = plus(x, affine(attention(qkv, causal), "attn.out_proj"));
  const inner = affine(norm(x, weights, `${at}.ln_2`), "mlp.c_fc");
  const active = inner.data.map((z) => z / (1 + Math.exp(-1.702 * z)));
  return plus(x, affine({ width: inner.width, data: active }, "mlp.c_proj"));
}

/**
 * Embeds an image, not normalised.
 *
 * @param weights CLIP's, by OpenAI's names.
 * @param pixels [3, side, side], normalised.
 */
export function imageReference(
  weights: Weights,
  layers: number,
  pixels: ArrayLike<number>,
): number[] {
  const { shape: [width, , patch], data: kernel } = weights("visual.conv1.weight");
  const side = Math.sqrt(pixels.length / 3), grid = side / patch;
  const patches = new Float64Array(grid * grid * 3 * patch * patch);
  for (let i = 0; i < patches.length; i++) {
    const x = i % patch, y = Math.floor(i / patch) % patch;
    const channel = Math.floor(i / patch / patch) % 3;
    const cell = Math.floor(i / patch / patch / 3);
    const row = Math.floor(cell / grid) * patch + y, column = cell % grid * patch + x;
    patches[i] = pixels[(channel * side + row) * side + column];
  }
  const embedded = linear({ width: 3 * patch * patch, data: patches }, kernel);
  const tokens = new Float64Array(width + embedded.data.length);
  tokens.set(Array.from(weights("visual.class_embedding").data));
  tokens.set(embedded.data, width);
  const positions = weights("visual.positional_embedding").data;
  let x: Tokens = { width, data: tokens.map((value, i) => value + positions[i]) };
  x = norm(x, weights, "visual.ln_pre");
  for (let i = 0; i < layers; i++) {
    x = block(x, weights, `visual.transformer.resblocks.${i}`, false);
  }
  const first = norm({ width, data: x.data.slice(0, width) }, weights, "visual.ln_post");
  return project(first.data, weights("visual.proj").data);
}

/**
 * Embeds a text, not normalised.
 *
 * @param weights CLIP's, by OpenAI's names.
 * @param ids The text's tokens; the largest ends it.
 */
export function textReference(
  weights: Weights,
  layers: number,
  ids: readonly number[],
): number[] {
  const { shape: [, width], data: table } = weights("token_embedding.weight");
  const positions = weights("positional_embedding").data;
  const tokens = new Float64Array(ids.length * width);
  for (let i = 0; i < tokens.length; i++) {
    tokens[i] = table[ids[Math.floor(i / width)] * width + i % width] + positions[i];
  }
  let x: Tokens = { width, data: tokens };
  for (let i = 0; i < layers; i++) x = block(x, weights, `transformer.resblocks.${i}`, true);
  const end = ids.indexOf(Math.max(...ids)) * width;
  const used = norm({ width, data: x.data.slice(end, end + width) }, weights, "ln_final");
  return project(used.data, weights("text_projection").data);
}
