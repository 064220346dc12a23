/**
 * Multi-head attention with one query a sequence.
 *
 * @module
 */
import source from "../../kernels/attention/query_attention.wgsl" with { type: "text" };
import { tidy } from "../tensor/scope.ts";
import { sameShape, type Shape, sizeOf } from "../tensor/shape.ts";
import { empty, type Tensor } from "../tensor/tensor.ts";
import { HEAD } from "./attention.ts";
import { defineOp } from "./define.ts";
import { softmax } from "./softmax.ts";

const kernel = { name: "query_attention", source };
const LANES = 64;

interface Attributes {
  /** Shape of the keys or values: [batch, tokens, D]. */
  readonly shape: Shape;
  readonly scale: number;
}

function launch(
  entry: "dot_heads" | "mix" | "outer",
  bind: Readonly<Record<string, Tensor>>,
  { shape: [batch, tokens, width], scale }: Attributes,
): Tensor {
  const { device } = Object.values(bind)[0], heads = width / HEAD;
  const shape = entry === "dot_heads"
    ? [batch, heads, tokens]
    : entry === "mix"
    ? [batch, width]
    : [batch, tokens, width];
  const out = empty(device, "f32", shape, "queryAttention");
  const n = entry === "dot_heads" ? out.size : sizeOf(shape) / 4;
  device.launch({
    kernel,
    entry,
    bind: { ...bind, scores: out, out },
    params: { n, tokens, heads, scale },
    groups: [Math.min(Math.ceil(n / LANES), device.info.maxWorkgroups)],
  });
  return out;
}

/** scale * q k' by head: [batch, heads, tokens]. */
const scoresOf = defineOp<[q: Tensor, k: Tensor], Attributes>({
  name: "queryScores",
  forward([q, k], attributes, save) {
    save(q, k);
    return launch("dot_heads", { q, k }, attributes);
  },
  gradient: (ds, { saved: [q, k], needs, attributes }) => [
    needs[0] ? launch("mix", { s: ds, k: k! }, attributes) : undefined,
    needs[1] ? launch("outer", { s: ds, q: q! }, attributes) : undefined,
  ],
});

/** p v by head: [batch, D]. */
const mixOf = defineOp<[p: Tensor, v: Tensor], Attributes>({
  name: "queryMix",
  forward([p, v], attributes, save) {
    save(p, v);
    return launch("mix", { s: p, k: v }, attributes);
  },
  gradient: (dout, { saved: [p, v], needs, attributes }) => [
    needs[0] ? launch("dot_heads", { q: dout, k: v! }, attributes) : undefined,
    needs[1] ? launch("outer", { s: p!, q: dout }, attributes) : undefined,
  ],
});

/**
 * `softmax(q K' / sqrt(64)) V` for every head, heads of 64 side by side in D: attention where only one
 * position of a sequence asks.
 *
 * @param query [batch, D].
 * @param keys [batch, tokens, D].
 * @param values [batch, tokens, D].
 * @returns [batch, D].
 * @throws {RangeError} if the shapes do not fit, or D is no multiple of 64.
 */
export function queryAttention(query: Tensor, keys: Tensor, values: Tensor): Tensor {
  const { shape } = keys, [batch, , width] = shape;
  const fits = shape.length === 3 && width % HEAD === 0 && sameShape(shape, values.shape) &&
    sameShape(query.shape, [batch, width]);
  if (!fits) {
    throw new RangeError(
      `queryAttention: queries [${query.shape}], keys [${shape}], values [${values.shape}]`,
    );
  }
  return tidy(query.device, () => {
    const scores = scoresOf([query, keys], { shape, scale: HEAD ** -0.5 });
    return mixOf([softmax(scores), values], { shape, scale: 1 });
  });
}
