/**
 * Multi-head self-attention on the packed projections that one GEMM makes.
 *
 * @module
 */
import plain from "../../kernels/attention/attention.wgsl" with { type: "text" };
import subgroup from "../../kernels/attention/attention_subgroup.wgsl" with { type: "text" };
import type { BufferBinding } from "../gpu/pipeline.ts";
import { sameShape } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { typeOf } from "./cast.ts";
import { defineOp, type Input } from "./define.ts";
import { smallSubgroup } from "./small_subgroup.ts";
import { storageAliases } from "./storage.ts";

const plainKernel = { name: "attention", source: plain };
const subgroupKernel = { name: "attention_subgroup", source: subgroup };

/** Width of a head: CLIP's, in every model; the kernels take none that is wider. */
export const HEAD = 64;

/** Options of {@link attention}. */
export interface AttentionOptions {
  /** A token sees itself and those before it only. */
  readonly causal?: boolean;
  /** Added to the scores of each key: f32 [batch, tokens]. No gradient flows to it. */
  readonly keyBias?: Tensor;
  /** Width of a head, a multiple of 4 up to 64. Default 64. */
  readonly head?: number;
}

interface Attributes {
  readonly causal: boolean;
  readonly head: number;
}

/** Queries (or keys) that a subgroup of the software variant owns. */
const ROWS = 16;
const LANES = 64;

type Entry = "forward" | "backward_delta" | "backward_q" | "backward_kv";

/** Products over the head of every query with every key that an entry spends, recomputed ones included. */
const PRODUCTS: Record<Entry, number> = {
  forward: 2,
  backward_delta: 0,
  backward_q: 3,
  backward_kv: 4,
};

function launch(
  qkv: Tensor,
  keyBias: Input,
  { causal, head }: Attributes,
  entry: Entry,
  bind: Readonly<Record<string, BufferBinding>>,
): void {
  const { device, shape: [batch, tokens, width] } = qkv;
  const heads = width / 3 / head;
  const special = head === HEAD && entry !== "backward_delta";
  const lanes = special ? smallSubgroup(device) : undefined;
  // A bias that is not there needs a buffer all the same.
  const key_bias = keyBias ?? qkv;
  device.launch({
    kernel: lanes ? subgroupKernel : plainKernel,
    entry,
    consts: {
      CAUSAL: causal,
      BIASED: keyBias !== undefined,
      ...lanes ? { L: lanes } : { HEAD4: head / 4 },
      ...storageAliases({ X: qkv }, true),
      ...storageAliases({ Bias: key_bias }, false),
    },
    // The subgroup variant reads operands through one function, so every entry names both sources.
    bind: { dout: qkv, key_bias, ...bind, qkv },
    params: { tokens, heads, scale: head ** -0.5, ...lanes && { head4: head / 4 } },
    groups: [Math.ceil(tokens / (lanes ? ROWS : LANES)), heads, batch],
    flops: 2 * PRODUCTS[entry] * batch * heads * head * tokens *
      (causal ? (tokens + 1) / 2 : tokens),
  });
}

const op = defineOp<[qkv: Tensor, keyBias: Input], Attributes>({
  name: "attention",
  forward([qkv, keyBias], attributes, save) {
    const { device, shape: [batch, tokens, width] } = qkv, { head } = attributes;
    const heads = width / 3 / head;
    if (qkv.shape.length !== 3 || !Number.isInteger(heads)) {
      throw new RangeError(`attention: [${qkv.shape}] is not [batch, tokens, 3 * heads * ${head}]`);
    }
    if (!(head > 0 && head <= HEAD && head % 4 === 0)) {
      throw new RangeError(`attention: a head of ${head}; take a multiple of 4 up to ${HEAD}`);
    }
    if (keyBias && !sameShape(keyBias.shape, [batch, tokens])) {
      throw new RangeError(`attention: biases [${keyBias.shape}], not [${batch},${tokens}]`);
    }
    const out = empty(device, typeOf(qkv), [batch, tokens, width / 3], "attention");
    const lse_out = empty(device, "f32", [batch, heads, tokens], "attention");
    launch(qkv, keyBias, attributes, "forward", { out, lse_out });
    save(qkv, keyBias, out, lse_out);
    return out;
  },
  gradient(dout, { saved: [qkv, keyBias, out_in, lse], attributes }) {
    const { device } = dout;
    const delta_out = empty(device, "f32", lse!.shape, "attention");
    const dqkv = empty(device, qkv!.dtype, qkv!.shape, "attention");
    launch(qkv!, keyBias, attributes, "backward_delta", { dout, out_in: out_in!, delta_out });
    const bind = { dout, lse: lse!, delta: delta_out, dqkv };
    launch(qkv!, keyBias, attributes, "backward_q", bind);
    launch(qkv!, keyBias, attributes, "backward_kv", bind);
    return [dqkv, undefined];
  },
});

/**
 * `softmax(Q K' / sqrt(head) + bias) V` for every head, heads side by side in the last dimension.
 *
 * @param qkv f32 or f16 [batch, tokens, 3 D]: queries, keys and values, each of D = heads * head.
 * @returns [batch, tokens, D], of the type of `qkv`.
 * @throws {RangeError} if the last dimension is not 3 * heads * head, or the biases do not fit.
 *
 * Source: Vaswani et al., "Attention is all you need", eq. 1; the recomputation in the backward pass is
 * that of Dao et al., "FlashAttention" (2022).
 */
export function attention(qkv: Tensor, options: AttentionOptions = {}): Tensor {
  const { causal = false, keyBias, head = HEAD } = options;
  return op([qkv, keyBias], { causal, head });
}
