/**
 * jax-js on WebGPU and in WebAssembly: every row as one `jit`.
 *
 * @module
 */
import {
  BLOCK,
  BLOCK_PARAMETERS,
  type BlockParameter,
  type BlockParameters,
  type BlockRow,
  initial,
  type MatmulRow,
  noise,
  operandShapes,
} from "../rows.ts";
import { type Run, servePeer } from "./child.ts";

/** An array; passing it on consumes it, `ref` keeps it. */
interface Array extends Disposable {
  readonly ref: Array;
  add(x: Array): Array;
  mul(x: Array | number): Array;
  mean(): Array;
  reshape(shape: number[]): Array;
  transpose(axes?: number[]): Array;
  slice(index: number): Array;
  dispose(): void;
}

/** What is used of the package. */
interface Jax {
  init(backend: string): Promise<string[]>;
  defaultDevice(backend: string): void;
  jit<F>(f: F): F;
  grad<T>(f: (x: T) => Array): (x: T) => T;
  blockUntilReady<T>(x: T): Promise<T>;
  readonly numpy: {
    array(data: Float32Array, options: { shape: readonly number[] }): Array;
    matmul(a: Array, b: Array): Array;
    square(x: Array): Array;
  };
  readonly nn: {
    standardize(x: Array, axis: number): Array;
    softmax(x: Array, axis: number): Array;
    sigmoid(x: Array): Array;
  };
}

// Named here, so that nothing but a run of this file fetches the package.
const PACKAGE: string = "npm:@jax-js/jax@0.1.25";
const jax: Jax = await import(PACKAGE);
const { numpy: np, nn, jit, grad, blockUntilReady } = jax;

await servePeer("jax-js 0.1.25", async (row, backend) => {
  const found = await jax.init(backend);
  if (!found.includes(backend)) throw new Error(`jax-js found no ${backend}`);
  jax.defaultDevice(backend);
  switch (row.kind) {
    case "matmul":
      return prepareMatmul(row);
    case "block":
      return prepareBlock(row);
    default:
      throw new Error(`jax-js is not asked for ${row.kind}`);
  }
});

function prepareMatmul(row: MatmulRow): Run {
  const [a, b] = operandShapes(row).map((shape) => np.array(noise(shape[0] * shape[1]), { shape }));
  const product = jit((a: Array, b: Array) =>
    np.matmul(row.form === "atb" ? a.transpose() : a, row.form === "abt" ? b.transpose() : b)
  );
  return async () => (await blockUntilReady(product(a.ref, b.ref))).dispose();
}

type Inputs = BlockParameters<Array> & { x: Array };

function prepareBlock({ backward }: BlockRow): Run {
  const { frames, tokens, width } = BLOCK;
  const rows = frames * tokens;
  const names = Object.keys(BLOCK_PARAMETERS) as BlockParameter[];
  const inputs = Object.fromEntries([
    ["x", np.array(noise(rows * width), { shape: [rows, width] })],
    ...names.map((name) => [name, np.array(initial(name), { shape: BLOCK_PARAMETERS[name] })]),
  ]) as Inputs;
  const kept = () =>
    Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, x.ref])) as Inputs;
  if (!backward) {
    const forward = jit(block);
    return async () => (await blockUntilReady(forward(kept()))).dispose();
  }
  const gradients = jit(grad((p: Inputs) => np.square(block(p)).mean()));
  return async () => {
    const all = await blockUntilReady(gradients(kept()));
    for (const gradient of Object.values(all)) gradient.dispose();
  };
}

function block(p: Inputs): Array {
  const { frames, tokens, heads, headWidth, width } = BLOCK;
  const norm = (x: Array, weight: Array, bias: Array) =>
    nn.standardize(x, -1).mul(weight).add(bias);
  const linear = (x: Array, weight: Array, bias: Array) => np.matmul(x, weight).add(bias);

  const qkv = linear(norm(p.x.ref, p.norm1Weight, p.norm1Bias), p.qkvWeight, p.qkvBias)
    .reshape([frames, tokens, 3, heads, headWidth]).transpose([2, 0, 3, 1, 4]);
  const [q, k, v] = [qkv.ref.slice(0), qkv.ref.slice(1), qkv.slice(2)];
  const scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(headWidth ** -0.5);
  const mixed = np.matmul(nn.softmax(scores, -1), v).transpose([0, 2, 1, 3])
    .reshape([frames * tokens, width]);
  const y = p.x.add(linear(mixed, p.outWeight, p.outBias));
  const hidden = linear(norm(y.ref, p.norm2Weight, p.norm2Bias), p.fcWeight, p.fcBias);
  const activated = hidden.ref.mul(nn.sigmoid(hidden.mul(1.702)));
  return y.add(linear(activated, p.projWeight, p.projBias));
}
