import { throws } from "node:assert/strict";
import { HEAD } from "../../src/ops/attention.ts";
import { queryAttention } from "../../src/ops/query_attention.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { zeros } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { checkOp } from "../oracle/check.ts";

function oracle(
  [batch, tokens, heads]: readonly [number, number, number],
  q: Float64Array,
  k: Float64Array,
  v: Float64Array,
): Float64Array {
  const out = new Float64Array(q.length);
  for (let head = 0; head < batch * heads; head++) {
    const b = Math.floor(head / heads);
    const at = (t: number) => ((b * tokens + t) * heads + head % heads) * HEAD;
    const exps = Array.from({ length: tokens }, (_, t) => {
      let s = 0;
      for (let c = 0; c < HEAD; c++) s += q[head * HEAD + c] * k[at(t) + c];
      return Math.exp(s / 8);
    });
    const total = exps.reduce((sum, e) => sum + e, 0);
    exps.forEach((e, t) => {
      for (let c = 0; c < HEAD; c++) out[head * HEAD + c] += e / total * v[at(t) + c];
    });
  }
  return out;
}

async function check(batch: number, tokens: number, heads: number, on = device) {
  const keys = [batch, tokens, heads * HEAD];
  await checkOp({
    device: on,
    inputs: [[batch, heads * HEAD], keys, keys],
    run: queryAttention,
    oracle: (q, k, v) => oracle([batch, tokens, heads], q, k, v),
    tolerance: 5e-6,
  });
}

for (const tokens of AWKWARD) {
  Deno.test(`queryAttention() and its gradients match the oracle for ${tokens} tokens`, async () => {
    await check(2, tokens, 1);
    await check(1, tokens, 3);
  });
}

Deno.test("queryAttention() takes empty batches, and strides where groups are few", async () => {
  await check(0, 5, 2);
  await check(3, 50, 2, twoGroups);
});

Deno.test("queryAttention() names what does not fit", () => {
  using _scope = new Scope(device);
  const of = (...shape: number[]) => zeros(device, "f32", shape);
  throws(() => queryAttention(of(2, 64), of(2, 5, 64), of(2, 4, 64)), /values \[2,4,64\]/);
  throws(() => queryAttention(of(1, 32), of(1, 5, 32), of(1, 5, 32)), RangeError);
});
