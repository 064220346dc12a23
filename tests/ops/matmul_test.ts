import { throws } from "node:assert/strict";
import { matmul, type MatmulOptions, matmulQuickGelu } from "../../src/ops/matmul.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { checkOp, normals } from "../oracle/check.ts";
import { product, type ProductCase as Case } from "../oracle/product.ts";

function check(c: Case): Promise<void> {
  const { m, k, n, batch, form } = c;
  const lead = batch === undefined ? [] : [batch];
  const options: MatmulOptions = { transposeA: form === "tn", transposeB: form === "nt" };
  return checkOp({
    device,
    inputs: [
      [...lead, ...(form === "tn" ? [k, m] : [m, k])],
      [...lead, ...(form === "nt" ? [n, k] : [k, n])],
      ...(c.bias ? [[n]] : []),
      ...(c.residual ? [[...lead, m, n]] : []),
    ],
    run: (a, b, x, y) =>
      matmul(a, b, {
        ...options,
        bias: c.bias ? x : undefined,
        residual: c.residual ? (c.bias ? y : x) : undefined,
      }),
    oracle: (a, b, x, y) =>
      product(c, a, b, c.bias ? x : undefined, c.residual ? (c.bias ? y : x) : undefined),
  });
}

for (const form of ["nn", "nt", "tn"] as const) {
  for (const size of AWKWARD) {
    Deno.test(`matmul() ${form} and its gradient match the oracle at ${size} cubed`, () =>
      check({ m: size, k: size, n: size, form }));
  }
  for (
    const [m, k, n] of [[50, 64, 128], [20, 7, 8], [1, 4, 4], [17, 36, 44], [100, 8, 200], [
      33,
      132,
      4,
    ], [
      0,
      8,
      8,
    ], [
      8,
      0,
      8,
    ]]
  ) {
    Deno.test(`matmul() ${form} with epilogue matches the oracle for ${m} x ${k} x ${n}`, () =>
      check({ m, k, n, form, bias: true, residual: true }));
  }
  Deno.test(`matmul() ${form} multiplies a batch`, async () => {
    await check({ m: 12, k: 20, n: 8, batch: 3, form });
    await check({ m: 5, k: 7, n: 3, batch: 3, form });
    // Several panels of each operand, the last ones not full.
    await check({ m: 76, k: 68, n: 100, batch: 2, form });
  });
}

Deno.test("matmul() shares weights over the leading dimensions", async () => {
  for (const [form, weights] of [["nn", [8, 12]], ["nt", [12, 8]]] as const) {
    await checkOp({
      device,
      inputs: [[3, 5, 8], weights, [12]],
      run: (x, w, bias) => matmul(x, w, { transposeB: form === "nt", bias }),
      oracle: (x, w, bias) => product({ m: 15, k: 8, n: 12, form }, x, w, bias),
    });
  }
});

Deno.test("matmulQuickGelu() applies the activation after the bias", async () => {
  for (const [m, k, n] of [[18, 16, 12], [5, 7, 3]]) {
    await checkOp({
      device,
      inputs: [[m, k], [n, k], [n]],
      run: (x, w, bias) => matmulQuickGelu(x, w, { transposeB: true, bias }),
      oracle: (x, w, bias) =>
        product({ m, k, n, form: "nt" }, x, w, bias).map((v) => v / (1 + Math.exp(-1.702 * v))),
      differentiate: [],
    });
  }
});

Deno.test("matmul() names the shapes that do not multiply", () => {
  using a = tensor(device, normals(6, 1), [2, 3]);
  throws(() => matmul(a, a), /\[2,3\] and \[2,3\] do not multiply/);
  throws(() => matmul(a, a, { transposeA: true, transposeB: true }), RangeError);
});
