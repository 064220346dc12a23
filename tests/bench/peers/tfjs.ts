/**
 * TensorFlow.js on WebGPU.
 *
 * @module
 */
import {
  BLOCK,
  BLOCK_PARAMETERS,
  type BlockParameter,
  type BlockParameters,
  type BlockRow,
  CONV_FRAMES,
  type ConvRow,
  initial,
  type MatmulRow,
  noise,
  operandShapes,
} from "../rows.ts";
import { type Run, servePeer } from "./child.ts";

/** A tensor. */
interface Tensor {
  add(x: Tensor | number): Tensor;
  sub(x: Tensor): Tensor;
  mul(x: Tensor | number): Tensor;
  square(): Tensor;
  mean(): Tensor;
  reshape(shape: number[]): Tensor;
  transpose(axes: number[]): Tensor;
  slice(begin: number[], size: number[]): Tensor;
  data(): Promise<Float32Array>;
  dispose(): void;
  readonly rank: number;
}

/** What is used of the package. */
interface TensorFlow {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tidy<T>(work: () => T): T;
  dispose(tensors: Tensor[]): void;
  tensor(data: Float32Array, shape: readonly number[]): Tensor;
  conv2d(x: Tensor, filter: Tensor, strides: number, pad: "same"): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  moments(x: Tensor, axis: number, keep: boolean): { mean: Tensor; variance: Tensor };
  rsqrt(x: Tensor): Tensor;
  softmax(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  unstack(x: Tensor): Tensor[];
  grads(f: (...inputs: Tensor[]) => Tensor): (inputs: Tensor[]) => Tensor[];
}

// Named here, so that nothing but a run of this file fetches the packages.
const PACKAGE: string = "npm:@tensorflow/tfjs@4.22.0";
const BACKEND: string = "npm:@tensorflow/tfjs-backend-webgpu@4.22.0";

let tf: TensorFlow;

await servePeer("TensorFlow.js 4.22.0", async (row, backend) => {
  tf = await import(PACKAGE);
  await import(BACKEND);
  if (!await tf.setBackend(backend)) throw new Error(`TensorFlow.js found no ${backend}`);
  await tf.ready();
  switch (row.kind) {
    case "matmul":
      return prepareMatmul(row);
    case "block":
      return prepareBlock(row);
    case "conv":
      return prepareConvolution(row);
    default:
      throw new Error(`TensorFlow.js is not asked for ${row.kind}`);
  }
});

/** Waits for a tensor by reading one element: the library has no other way. */
async function finish(x: Tensor): Promise<void> {
  const one = x.slice(Array(x.rank).fill(0), Array(x.rank).fill(1));
  await one.data();
  one.dispose();
}

function prepareMatmul(row: MatmulRow): Run {
  const [a, b] = operandShapes(row).map((shape) => tf.tensor(noise(shape[0] * shape[1]), shape));
  return async () => {
    const product = tf.matMul(a, b, row.form === "atb", row.form === "abt");
    await finish(product);
    product.dispose();
  };
}

function prepareConvolution({ side, channels, backward }: ConvRow): Run {
  const shapes = [[CONV_FRAMES, side, side, channels], [3, 3, channels, channels]];
  const inputs = shapes.map((shape) =>
    tf.tensor(noise(shape.reduce((a, b) => a * b), 0.02), shape)
  );
  const forward = (x: Tensor, weight: Tensor) => tf.conv2d(x, weight, 1, "same");
  if (!backward) {
    return async () => {
      const y = forward(inputs[0], inputs[1]);
      await finish(y);
      y.dispose();
    };
  }
  const gradients = tf.grads((x, weight) => forward(x, weight).square().mean());
  return async () => {
    const all = tf.tidy(() => gradients(inputs));
    for (const gradient of all) await finish(gradient);
    tf.dispose(all);
  };
}

function prepareBlock({ backward }: BlockRow): Run {
  const { frames, tokens, width } = BLOCK;
  const names = Object.keys(BLOCK_PARAMETERS) as BlockParameter[];
  const x = tf.tensor(noise(frames * tokens * width), [frames * tokens, width]);
  const inputs = [x, ...names.map((name) => tf.tensor(initial(name), BLOCK_PARAMETERS[name]))];
  const run = (x: Tensor, ...values: Tensor[]) =>
    block(
      x,
      Object.fromEntries(names.map((name, i) => [name, values[i]])) as BlockParameters<Tensor>,
    );
  if (!backward) {
    return async () => {
      const y = tf.tidy(() => run(inputs[0], ...inputs.slice(1)));
      await finish(y);
      y.dispose();
    };
  }
  const gradients = tf.grads((x, ...values) => run(x, ...values).square().mean());
  return async () => {
    const all = tf.tidy(() => gradients(inputs));
    // The queue runs in order, and the gradient of the input is the last to be recorded.
    await finish(all[0]);
    tf.dispose(all);
  };
}

function block(x: Tensor, p: BlockParameters<Tensor>): Tensor {
  const { frames, tokens, heads, headWidth, width } = BLOCK;
  const norm = (x: Tensor, weight: Tensor, bias: Tensor) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return x.sub(mean).mul(tf.rsqrt(variance.add(1e-5))).mul(weight).add(bias);
  };
  const linear = (x: Tensor, weight: Tensor, bias: Tensor) => tf.matMul(x, weight).add(bias);

  const qkv = linear(norm(x, p.norm1Weight, p.norm1Bias), p.qkvWeight, p.qkvBias)
    .reshape([frames, tokens, 3, heads, headWidth]).transpose([2, 0, 3, 1, 4])
    .reshape([3, frames * heads, tokens, headWidth]);
  const [q, k, v] = tf.unstack(qkv);
  const scores = tf.matMul(q, k, false, true).mul(headWidth ** -0.5);
  const mixed = tf.matMul(tf.softmax(scores), v).reshape([frames, heads, tokens, headWidth])
    .transpose([0, 2, 1, 3]).reshape([frames * tokens, width]);
  const y = x.add(linear(mixed, p.outWeight, p.outBias));
  const hidden = linear(norm(y, p.norm2Weight, p.norm2Bias), p.fcWeight, p.fcBias);
  return y.add(linear(hidden.mul(tf.sigmoid(hidden.mul(1.702))), p.projWeight, p.projBias));
}
