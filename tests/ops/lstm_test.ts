import { throws } from "node:assert/strict";
import { lstm } from "../../src/ops/lstm.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { checkOp, normals } from "../oracle/check.ts";

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

function oracle(
  gates: Float64Array,
  weights: Float64Array,
  [batch, steps, hidden]: readonly [number, number, number],
): Float64Array {
  const out = new Float64Array(batch * steps * hidden);
  for (let b = 0; b < batch; b++) {
    let h = new Float64Array(hidden);
    const c = new Float64Array(hidden);
    for (let t = 0; t < steps; t++) {
      const next = new Float64Array(hidden);
      for (let j = 0; j < hidden; j++) {
        const [i, f, g, o] = [0, 1, 2, 3].map((gate) => {
          const row = gate * hidden + j;
          let a = gates[((b * steps + t) * 4 + gate) * hidden + j];
          for (let k = 0; k < hidden; k++) a += weights[row * hidden + k] * h[k];
          return a;
        });
        c[j] = sigmoid(f) * c[j] + sigmoid(i) * Math.tanh(g);
        next[j] = sigmoid(o) * Math.tanh(c[j]);
      }
      h = next;
      out.set(h, (b * steps + t) * hidden);
    }
  }
  return out;
}

for (
  const sizes of [
    [1, 1, 1],
    [3, 1, 31],
    [1, 7, 3],
    [2, 5, 33],
    [2, 3, 64],
    [1, 4, 127],
    [2, 2, 129],
    [0, 3, 4],
  ] as const
) {
  const [batch, steps, hidden] = sizes;
  Deno.test(`lstm() over ${batch} sequences of ${steps} steps, state ${hidden}, matches the oracle`, () => {
    const scale = hidden ** -0.5;
    return checkOp({
      device,
      inputs: [
        [batch, steps, 4 * hidden],
        { shape: [4 * hidden, hidden], data: normals(4 * hidden ** 2, 3).map((w) => scale * w) },
      ],
      run: lstm,
      oracle: (gates, weights) => oracle(gates, weights, sizes),
      tolerance: 1e-5,
      differentiate: batch === 0 ? [0] : undefined,
    });
  });
}

Deno.test("lstm() refuses weights that do not fit the gates", () => {
  using gates = tensor(device, normals(8, 1), [1, 1, 8]);
  using weights = tensor(device, normals(12, 2), [4, 3]);
  throws(() => lstm(gates, weights), /\[1,1,8\] with weights \[4,3\]/);
});
