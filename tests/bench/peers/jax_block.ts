/**
 * A transformer block in jax-js.
 *
 * @module
 */
import type { BlockParameters } from "../rows.ts";
import { type Array, jax } from "./jax_package.ts";

const { numpy: np, nn } = jax;

/** The sizes of a block, and how its layers are written. */
export interface BlockOptions {
  /** Sequences, and the tokens of each. */
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  /** Whether a token sees only those before it. */
  readonly causal?: boolean;
  readonly linear: (x: Array, weight: Array, bias: Array) => Array;
  readonly quickGelu: (x: Array) => Array;
}

/** Layer norm over the last axis. */
export function norm(x: Array, weight: Array, bias: Array): Array {
  return nn.standardize(x, -1).mul(weight).add(bias);
}

/** The block of `x` [batch * tokens, width]. */
export function block(
  p: BlockParameters<Array>,
  x: Array,
  { batch, tokens, heads, causal, linear, quickGelu }: BlockOptions,
): Array {
  const width = x.shape[1], headWidth = width / heads;
  const qkv = linear(norm(x.ref, p.norm1Weight, p.norm1Bias), p.qkvWeight, p.qkvBias)
    .reshape([batch, tokens, 3, heads, headWidth]).transpose([2, 0, 3, 1, 4]);
  const [q, k, v] = [qkv.ref.slice(0), qkv.ref.slice(1), qkv.slice(2)];
  const products = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(headWidth ** -0.5);
  const scores = causal ? products.add(np.tri(tokens).sub(1).mul(1e9)) : products;
  const mixed = np.matmul(nn.softmax(scores, -1), v).transpose([0, 2, 1, 3])
    .reshape([batch * tokens, width]);
  const y = x.add(linear(mixed, p.outWeight, p.outBias));
  const hidden = linear(norm(y.ref, p.norm2Weight, p.norm2Bias), p.fcWeight, p.fcBias);
  return y.add(linear(quickGelu(hidden), p.projWeight, p.projBias));
}
