import { throws } from "node:assert/strict";
import { maxMarginLoss, milNceLoss } from "../../src/centerclip/ranking_losses.ts";
import { UsageError } from "../../src/errors.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { checkOp } from "../oracle/check.ts";

/** log of a sum of exponentials. */
const logSum = (values: number[]) => Math.log(values.reduce((sum, v) => sum + Math.exp(v), 0));

function milNceOracle(s: Float64Array, n: number, pairs: number): number {
  let total = 0;
  for (let g = 0; g < n / pairs; g++) {
    const i = g * pairs + Math.floor(pairs / 2), own: number[] = [], all: number[] = [];
    for (let j = 0; j < n; j++) {
      const same = Math.floor(j / pairs) === g;
      if (same) own.push(s[j * n + i]);
      else all.push(s[i * n + j]);
      all.push(s[j * n + i]);
    }
    total += logSum(all) - logSum(own);
  }
  return total / (n / pairs);
}

function maxMarginOracle(s: Float64Array, n: number, margin: number, pairs: number, rate?: number) {
  const groups = n / pairs;
  let total = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const x = s[i * n + j], short = (d: number) => Math.max(margin + x - d, 0);
      const same = Math.floor(i / pairs) === Math.floor(j / pairs);
      const weight = rate === undefined || pairs === 1 || groups === 1
        ? 1
        : same
        ? groups * rate
        : groups * (1 - rate) / (groups - 1);
      total += weight * (short(s[i * n + i]) + short(s[j * n + j]));
    }
  }
  return total / (n * n);
}

for (const [groups, pairs] of [[1, 1], [1, 3], [3, 1], [3, 2], [5, 4], [11, 3], [31, 1]]) {
  const n = groups * pairs;
  Deno.test(`MIL-NCE over ${groups} groups of ${pairs} matches the oracle`, () =>
    checkOp({
      device,
      inputs: [[n, n]],
      run: (s) => milNceLoss(s, pairs),
      oracle: (s) => [milNceOracle(s, n, pairs)],
      tolerance: 1e-5,
    }));
  for (const rate of [undefined, 0.5, 0.8]) {
    Deno.test(`the max-margin loss over ${groups} groups of ${pairs}, rate ${rate}, matches the oracle`, () =>
      checkOp({
        device,
        inputs: [[n, n]],
        run: (s) =>
          maxMarginLoss(s, {
            margin: 0.1,
            weighting: rate === undefined ? undefined : { pairs, hardNegativeRate: rate },
          }),
        oracle: (s) => [maxMarginOracle(s, n, 0.1, pairs, rate)],
        tolerance: 1e-5,
      }));
  }
}

Deno.test("a matrix that does not consist of groups is refused", () => {
  using s = tensor(device, new Float32Array(12), [3, 4]);
  using square = tensor(device, new Float32Array(9), [3, 3]);
  throws(() => milNceLoss(s, 1), UsageError);
  throws(() => milNceLoss(square, 2), UsageError);
  throws(
    () => maxMarginLoss(square, { margin: 1, weighting: { pairs: 2, hardNegativeRate: 0.5 } }),
    /\[3,3\] do not consist of groups of 2/,
  );
});
