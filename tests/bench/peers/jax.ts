/**
 * jax-js on WebGPU and in WebAssembly: products and blocks as one `jit` each, a training step as several.
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
import { block, type BlockOptions } from "./jax_block.ts";
import { type Array, jax, use, VERSION } from "./jax_package.ts";
import { prepareStep } from "./jax_step.ts";

const { numpy: np, nn, jit, grad, tree, blockUntilReady } = jax;

await servePeer(`jax-js ${VERSION}`, async (row, backend) => {
  await use(backend);
  switch (row.kind) {
    case "matmul":
      return prepareMatmul(row);
    case "block":
      return prepareBlock(row);
    case "step":
      return prepareStep(row);
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

const options: BlockOptions = {
  batch: BLOCK.frames,
  tokens: BLOCK.tokens,
  heads: BLOCK.heads,
  linear: (x, weight, bias) => np.matmul(x, weight).add(bias),
  quickGelu: (x) => x.ref.mul(nn.sigmoid(x.mul(1.702))),
};

function prepareBlock({ backward }: BlockRow): Run {
  const rows = BLOCK.frames * BLOCK.tokens, { width } = BLOCK;
  const names = Object.keys(BLOCK_PARAMETERS) as BlockParameter[];
  const inputs = Object.fromEntries([
    ["x", np.array(noise(rows * width), { shape: [rows, width] })],
    ...names.map((name) => [name, np.array(initial(name), { shape: BLOCK_PARAMETERS[name] })]),
  ]) as Inputs;
  const output = (p: Inputs) => block(p, p.x, options);
  if (!backward) {
    const forward = jit(output);
    return async () => (await blockUntilReady(forward(tree.ref(inputs)))).dispose();
  }
  const gradients = jit(grad((p: Inputs) => np.square(output(p)).mean()));
  return async () => tree.dispose(await blockUntilReady(gradients(tree.ref(inputs))));
}
