import { throws } from "node:assert/strict";
import type { Device } from "../../src/gpu/device.ts";
import { attention, HEAD } from "../../src/ops/attention.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { gpuGeometry } from "../gpu_geometry.ts";
import { checkOp, normals } from "../oracle/check.ts";

interface Sizes {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  readonly head?: number;
  readonly causal?: boolean;
  readonly bias?: Float32Array<ArrayBuffer>;
}

function oracle(
  qkv: Float64Array,
  { batch, tokens, heads, head = HEAD, causal = false, bias }: Sizes,
): Float64Array {
  const width = heads * head;
  const out = new Float64Array(batch * tokens * width);
  const at = (b: number, t: number, part: number, h: number) =>
    ((b * tokens + t) * 3 + part) * width + h * head;
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < tokens; i++) {
        const weights = Array.from({ length: causal ? i + 1 : tokens }, (_, j) => {
          let s = 0;
          for (let d = 0; d < head; d++) s += qkv[at(b, i, 0, h) + d] * qkv[at(b, j, 1, h) + d];
          return s / Math.sqrt(head) + (bias ? bias[b * tokens + j] : 0);
        });
        const most = Math.max(...weights);
        const exps = weights.map((w) => Math.exp(w - most));
        const total = exps.reduce((x, y) => x + y, 0);
        exps.forEach((e, j) => {
          for (let d = 0; d < head; d++) {
            out[(b * tokens + i) * width + h * head + d] += e / total * qkv[at(b, j, 2, h) + d];
          }
        });
      }
    }
  }
  return out;
}

function check(target: Device, dtype: string, sizes: Sizes): Promise<void> {
  const { batch, tokens, heads, head = HEAD, causal, bias } = sizes;
  return checkOp({
    device: target,
    inputs: [[batch, tokens, 3 * heads * head]],
    run: (qkv) => {
      const keyBias = bias && tensor(target, bias, [batch, tokens]);
      return attention(qkv, { head, causal, keyBias });
    },
    oracle: (qkv) => oracle(qkv, sizes),
    ...dtype === "f16" ? { half: [0] } : { tolerance: 5e-6 },
  });
}

const DEVICES = [["on this device", device], ["in the geometry of a GPU", gpuGeometry]] as const;

for (const [where, target] of DEVICES) {
  for (const dtype of ["f32", "f16"]) {
    for (const causal of [false, true]) {
      for (const tokens of AWKWARD) {
        const batch = tokens > 100 ? 1 : 2, heads = tokens > 100 ? 1 : 3;
        const what = `${tokens} ${causal ? "causal " : ""}tokens of ${dtype}`;
        Deno.test(`attention() and its gradient match the oracle for ${what} ${where}`, () =>
          check(target, dtype, { batch, tokens, heads, causal }));
      }
    }
  }
}

for (const dtype of ["f32", "f16"]) {
  for (const head of [4, 32, HEAD]) {
    for (const tokens of [1, 3, 31, 33]) {
      const what = `${tokens} tokens of ${dtype} in heads of ${head}`;
      Deno.test(`attention() over ${what}, some hidden, matches the oracle`, () => {
        const batch = 2, heads = 2;
        // As masks come: the last keys of the first entry are hidden, in the second one all are there.
        const bias = Float32Array.from(
          { length: batch * tokens },
          (_, i) => i < tokens && i > tokens / 2 ? -1e6 : 0,
        );
        return check(device, dtype, { batch, tokens, heads, head, bias });
      });
    }
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

Deno.test("attention() names biases and heads that do not fit", () => {
  using x = tensor(device, normals(24, 1), [1, 2, 12]);
  using bias = tensor(device, normals(3, 2), [1, 3]);
  throws(() => attention(x, { head: 4, keyBias: bias }), /\[1,3\], not \[1,2\]/);
  throws(() => attention(x, { head: 2 }), /a head of 2/);
});
