/**
 * CLIP's modified ResNet in float64, as openai/CLIP's `ModifiedResNet` reads: channels innermost, one plain
 * loop after the other.
 */
import { convolve } from "./conv2d.ts";

/** Weights by their names under `visual.`. */
export type Weights = (
  name: string,
) => { readonly shape: readonly number[]; readonly data: ArrayLike<number> };

/** Images [count, side, side, channels]. */
interface Images {
  readonly count: number;
  readonly side: number;
  readonly channels: number;
  readonly data: Float64Array;
}

const HEAD = 64, EPS = 1e-5;

function convolution(x: Images, weights: Weights, name: string, stride = 1): Images {
  const { shape: [outputs, channels, side], data } = weights(`${name}.weight`);
  const padding = side >> 1;
  const y = convolve(
    { images: x.count, height: x.side, width: x.side, channels, outputs, side, stride, padding },
    x.data,
    data,
  );
  const left = Math.floor((x.side + 2 * padding - side) / stride) + 1;
  return { count: x.count, side: left, channels: outputs, data: y };
}

/** Batch norm by the running statistics, or in training by those of the images. */
function norm(x: Images, weights: Weights, name: string, training: boolean): Images {
  const { channels, data } = x, rows = data.length / channels;
  const [gamma, beta, means, variances] = ["weight", "bias", "running_mean", "running_var"]
    .map((part) => weights(`${name}.${part}`).data);
  const y = new Float64Array(data.length);
  for (let c = 0; c < channels; c++) {
    let mean = means[c], variance = variances[c];
    if (training) {
      mean = variance = 0;
      for (let r = 0; r < rows; r++) mean += data[r * channels + c] / rows;
      for (let r = 0; r < rows; r++) variance += (data[r * channels + c] - mean) ** 2 / rows;
    }
    const scale = gamma[c] / Math.sqrt(variance + EPS);
    for (let i = c; i < data.length; i += channels) y[i] = (data[i] - mean) * scale + beta[c];
  }
  return { ...x, data: y };
}

function relu(x: Images): Images {
  return { ...x, data: x.data.map((value) => Math.max(value, 0)) };
}

function halve({ count, side, channels, data }: Images): Images {
  const half = side >> 1, y = new Float64Array(count * half * half * channels);
  for (let i = 0; i < y.length; i++) {
    const c = i % channels, pixel = Math.floor(i / channels);
    const column = pixel % half, row = Math.floor(pixel / half) % half;
    const first = (Math.floor(pixel / half / half) * side + 2 * row) * side + 2 * column;
    for (const at of [first, first + 1, first + side, first + side + 1]) {
      y[i] += data[at * channels + c] / 4;
    }
  }
  return { count, side: half, channels, data: y };
}

function bottleneck(x: Images, weights: Weights, at: string, stride: number, training: boolean) {
  const shrink = (y: Images) => stride > 1 ? halve(y) : y;
  let y = relu(norm(convolution(x, weights, `${at}conv1`), weights, `${at}bn1`, training));
  y = relu(norm(convolution(y, weights, `${at}conv2`), weights, `${at}bn2`, training));
  y = norm(convolution(shrink(y), weights, `${at}conv3`), weights, `${at}bn3`, training);
  const shortcut = y.channels === x.channels && stride === 1 ? x : norm(
    convolution(shrink(x), weights, `${at}downsample.0`),
    weights,
    `${at}downsample.1`,
    training,
  );
  return relu({ ...y, data: y.data.map((value, i) => value + shortcut.data[i]) });
}

function linear(x: Float64Array, weights: Weights, name: string): Float64Array {
  const { shape: [outputs, inputs], data: w } = weights(`attnpool.${name}.weight`);
  const bias = weights(`attnpool.${name}.bias`).data;
  return Float64Array.from({ length: outputs }, (_, o) => {
    let sum = bias[o];
    for (let k = 0; k < inputs; k++) sum += x[k] * w[o * inputs + k];
    return sum;
  });
}

/** The embedding of one image's cells. */
function attentionPool(cells: Float64Array, channels: number, weights: Weights): Float64Array {
  const count = cells.length / channels;
  const positions = weights("attnpool.positional_embedding").data;
  const mean = new Float64Array(channels);
  cells.forEach((value, i) => mean[i % channels] += value / count);
  const tokens = Array.from({ length: count + 1 }, (_, t) => {
    const own = t === 0 ? mean : cells.subarray((t - 1) * channels, t * channels);
    return own.map((value, c) => value + positions[t * channels + c]);
  });
  const query = linear(tokens[0], weights, "q_proj");
  const keys = tokens.map((token) => linear(token, weights, "k_proj"));
  const values = tokens.map((token) => linear(token, weights, "v_proj"));
  const mixed = new Float64Array(channels);
  for (let begin = 0; begin < channels; begin += HEAD) {
    const scores = keys.map((key) => {
      let score = 0;
      for (let c = begin; c < begin + HEAD; c++) score += query[c] * key[c];
      return score / Math.sqrt(HEAD);
    });
    const most = Math.max(...scores), exps = scores.map((score) => Math.exp(score - most));
    const total = exps.reduce((sum, e) => sum + e, 0);
    exps.forEach((e, t) => {
      for (let c = begin; c < begin + HEAD; c++) mixed[c] += e / total * values[t][c];
    });
  }
  return linear(mixed, weights, "c_proj");
}

/**
 * Embeds images.
 *
 * @param pixels [count, side, side, 3], normalised.
 * @param layers Bottlenecks of the four stages.
 * @returns The embeddings, one after the other.
 */
export function resNetReference(
  weights: Weights,
  layers: readonly number[],
  pixels: Float64Array,
  side: number,
  { training = false }: { training?: boolean } = {},
): number[] {
  let x: Images = { count: pixels.length / side / side / 3, side, channels: 3, data: pixels };
  for (const i of [1, 2, 3]) {
    const y = convolution(x, weights, `conv${i}`, i === 1 ? 2 : 1);
    x = relu(norm(y, weights, `bn${i}`, training));
  }
  x = halve(x);
  layers.forEach((blocks, stage) => {
    for (let i = 0; i < blocks; i++) {
      const stride = stage > 0 && i === 0 ? 2 : 1;
      x = bottleneck(x, weights, `layer${stage + 1}.${i}.`, stride, training);
    }
  });
  const size = x.side * x.side * x.channels;
  return Array.from({ length: x.count }, (_, n) => [
    ...attentionPool(x.data.subarray(n * size, (n + 1) * size), x.channels, weights),
  ]).flat();
}
