import { throws } from "node:assert/strict";
import { attention, HEAD } from "../../src/ops/attention.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { checkOp, normals } from "../oracle/check.ts";

function oracle(
  qkv: Float64Array,
  batch: number,
  tokens: number,
  heads: number,
  causal: boolean,
): Float64Array {
  const width = heads * HEAD;
  const out = new Float64Array(batch * tokens * width);
  const at = (b: number, t: number, part: number, h: number) =>
    ((b * tokens + t) * 3 + part) * width + h * HEAD;
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < tokens; i++) {
        const weights = Array.from({ length: causal ? i + 1 : tokens }, (_, j) => {
          let s = 0;
          for (let d = 0; d < HEAD; d++) s += qkv[at(b, i, 0, h) + d] * qkv[at(b, j, 1, h) + d];
          return s / 8;
        });
        const most = Math.max(...weights);
        const exps = weights.map((w) => Math.exp(w - most));
        const total = exps.reduce((x, y) => x + y, 0);
        exps.forEach((e, j) => {
          for (let d = 0; d < HEAD; d++) {
            out[(b * tokens + i) * width + h * HEAD + d] += e / total * qkv[at(b, j, 2, h) + d];
          }
        });
      }
    }
  }
  return out;
}

for (const causal of [false, true]) {
  for (const tokens of AWKWARD) {
    const batch = tokens > 100 ? 1 : 2, heads = tokens > 100 ? 1 : 3;
    Deno.test(
      `attention() and its gradient match the oracle for ${tokens} ${
        causal ? "causal " : ""
      }tokens`,
      () =>
        checkOp({
          device,
          inputs: [[batch, tokens, 3 * heads * HEAD]],
          run: (qkv) => attention(qkv, { causal }),
          oracle: (qkv) => oracle(qkv, batch, tokens, heads, causal),
          tolerance: 5e-6,
        }),
    );
  }
}

Deno.test("attention() takes an empty batch", () =>
  checkOp({
    device,
    inputs: [[0, 5, 3 * HEAD]],
    run: (qkv) => attention(qkv),
    oracle: () => [],
  }));

Deno.test("attention() names a width that is not three times its heads", () => {
  using x = tensor(device, normals(10, 1), [1, 1, 10]);
  throws(() => attention(x), /\[1,1,10\]/);
});
