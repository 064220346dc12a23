/**
 * Multi-head self-attention on the packed projections that one GEMM makes.
 *
 * @module
 */
import plain from "../../kernels/attention/attention.wgsl" with { type: "text" };
import subgroup from "../../kernels/attention/attention_subgroup.wgsl" with { type: "text" };
import type { Device } from "../gpu/device.ts";
import type { BufferBinding } from "../gpu/pipeline.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { defineOp } from "./define.ts";

const plainKernel = { name: "attention", source: plain };
const subgroupKernel = { name: "attention_subgroup", source: subgroup };

/** Width of a head: CLIP's, in every model. */
export const HEAD = 64;

interface Attributes {
  readonly causal: boolean;
}

/** Queries (or keys) that a subgroup of the software variant owns. */
const ROWS = 8;
const LANES = 64;

function lanesOf({ info: { software, subgroupSize } }: Device): number | undefined {
  return software && [4, 8, 16].includes(subgroupSize ?? 0) ? subgroupSize : undefined;
}

type Entry = "forward" | "backward_delta" | "backward_q" | "backward_kv";

function launch(
  qkv: Tensor,
  { causal }: Attributes,
  entry: Entry,
  bind: Readonly<Record<string, BufferBinding>>,
): void {
  const { device, shape: [batch, tokens, width] } = qkv;
  const heads = width / 3 / HEAD;
  const lanes = entry === "backward_delta" ? undefined : lanesOf(device);
  device.launch({
    kernel: lanes ? subgroupKernel : plainKernel,
    entry,
    consts: { CAUSAL: causal, ...(lanes && { L: lanes }) },
    // The subgroup variant reads operands through one function, so every entry names both sources.
    bind: { dout: qkv, ...bind, qkv },
    params: { tokens, heads, scale: HEAD ** -0.5 },
    groups: [Math.ceil(tokens / (lanes ? ROWS : LANES)), heads, batch],
  });
}

const op = defineOp<[qkv: Tensor], Attributes>({
  name: "attention",
  forward([qkv], attributes, save) {
    const { device, shape: [batch, tokens, width] } = qkv;
    const heads = width / 3 / HEAD;
    if (qkv.shape.length !== 3 || !Number.isInteger(heads)) {
      throw new RangeError(`attention: [${qkv.shape}] is not [batch, tokens, 3 * heads * ${HEAD}]`);
    }
    const out = empty(device, "f32", [batch, tokens, width / 3], "attention");
    const lse_out = empty(device, "f32", [batch, heads, tokens], "attention");
    launch(qkv, attributes, "forward", { out, lse_out });
    save(qkv, out, lse_out);
    return out;
  },
  gradient(dout, { saved: [qkv, out_in, lse], attributes }) {
    const { device } = dout;
    const delta_out = empty(device, "f32", lse!.shape, "attention");
    const dqkv = empty(device, "f32", qkv!.shape, "attention");
    launch(qkv!, attributes, "backward_delta", { dout, out_in: out_in!, delta_out });
    const bind = { dout, lse: lse!, delta: delta_out, dqkv };
    launch(qkv!, attributes, "backward_q", bind);
    launch(qkv!, attributes, "backward_kv", bind);
    return [dqkv];
  },
});

/**
 * `softmax(Q K' / sqrt(64)) V` for every head, heads side by side in the last dimension.
 *
 * @param qkv [batch, tokens, 3 D]: queries, keys and values, each of D = heads * 64.
 * @param options.causal A token sees itself and those before it only.
 * @returns [batch, tokens, D].
 * @throws {RangeError} if the last dimension is not 3 * heads * 64.
 *
 * Source: Vaswani et al., "Attention is all you need", eq. 1; the recomputation in the backward pass is
 * that of Dao et al., "FlashAttention" (2022).
 */
export function attention(qkv: Tensor, { causal = false }: { causal?: boolean } = {}): Tensor {
  return op([qkv], { causal });
}
