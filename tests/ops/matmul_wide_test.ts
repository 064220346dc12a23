import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { matmul } from "../../src/ops/matmul.ts";
import { multiplyWide, type WideTile, wideTile } from "../../src/ops/matmul_wide.ts";
import { type Product, product as prepare } from "../../src/ops/product.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { gpuGeometry } from "../gpu_geometry.ts";
import { checkOp } from "../oracle/check.ts";
import { product, type ProductCase } from "../oracle/product.ts";

const FORMS = ["nn", "nt", "tn"] as const;
/** M, K, N. */
const EDGES = [
  [4, 4, 4],
  [32, 16, 36],
  [60, 12, 68],
  [124, 20, 132],
  [128, 32, 256],
  [260, 36, 132],
];
const plain = { alpha: 0.5, quickGelu: false };

/** Checks a product with a tile that software devices do not choose. */
function check(c: ProductCase, tile: WideTile, quickGelu = false): Promise<void> {
  const { m, k, n, batch, form } = c, lead = batch === undefined ? [] : [batch];
  /** Bias and residual among what follows the operands. */
  const extras = <T>(x: T, y: T) => [
    c.bias ? x : undefined,
    c.residual ? (c.bias ? y : x) : undefined,
  ];
  return checkOp({
    device,
    inputs: [
      [...lead, ...(form === "tn" ? [k, m] : [m, k])],
      [...lead, ...(form === "nt" ? [n, k] : [k, n])],
      ...(c.bias ? [[n]] : []),
      ...(c.residual ? [[...lead, m, n]] : []),
    ],
    run(a, b, x, y) {
      const [bias, residual] = extras(x, y);
      const it = prepare(a, b, bias, residual, {
        transposeA: form === "tn",
        transposeB: form === "nt",
        ...plain,
        quickGelu,
      }, "f32");
      multiplyWide(it, tile);
      return it.c;
    },
    oracle(a, b, x, y) {
      const [bias, residual] = extras(x, y);
      const sums = product(c, a.map((v) => plain.alpha * v), b, bias);
      return sums.map((v, i) =>
        (quickGelu ? v / (1 + Math.exp(-1.702 * v)) : v) + (residual?.[i] ?? 0)
      );
    },
    differentiate: [],
  });
}

for (const form of FORMS) {
  for (const side of [64, 128] as const) {
    Deno.test(`a tile of ${side} multiplies ${form} at sizes around its edges`, async () => {
      for (const [m, k, n] of EDGES) {
        await check({ m, k, n, form, bias: true, residual: true }, { side, parts: 1 });
      }
    });
    Deno.test(`a tile of ${side} multiplies ${form} in parts, batched, with QuickGELU`, async () => {
      const sizes = { m: 72, k: 260, n: 76, batch: 3, form, bias: true, residual: true };
      for (const parts of [1, 3]) await check(sizes, { side, parts }, true);
    });
  }
}

Deno.test("rows need not line up where A is stored along K, nor K where neither operand is", async () => {
  for (const parts of [1, 3]) {
    await check({ m: 33, k: 68, n: 36, form: "nn" }, { side: 64, parts });
    await check({ m: 1, k: 128, n: 4, form: "nt" }, { side: 128, parts });
    await check({ m: 36, k: 127, n: 64, form: "tn" }, { side: 64, parts });
  }
});

Deno.test("matmul() and its gradient take the wide tile on a GPU", async () => {
  const c: ProductCase = { m: 36, k: 64, n: 68, form: "nt", bias: true };
  strictEqual(gpuGeometry.info.software, false);
  await checkOp({
    device: gpuGeometry,
    inputs: [[36, 64], [68, 64], [68]],
    run: (a, b, bias) => matmul(a, b, { transposeB: true, bias }),
    oracle: (a, b, bias) => product(c, a, b, bias),
  });
});

Deno.test("wideTile() fills a GPU, and leaves to others what does not line up", () => {
  const sized = (rows: number, inner: number, cols: number, more: Partial<Product> = {}) =>
    wideTile(
      {
        a: { device: { info: { software: false } } },
        ...{ rows, inner, cols, batch: 1, transposeA: false, transposeB: false, ...plain },
        ...more,
      } as Product,
    );
  deepStrictEqual(sized(4096, 4096, 4096), { side: 128, parts: 1 });
  deepStrictEqual(sized(600, 768, 3072), { side: 128, parts: 1 });
  deepStrictEqual(sized(600, 768, 768), { side: 64, parts: 3 });
  // The gradient of a small weight over many rows.
  deepStrictEqual(sized(128, 9600, 128, { transposeA: true }), { side: 64, parts: 37 });
  deepStrictEqual(sized(768, 19200, 768, { transposeA: true }), { side: 64, parts: 2 });
  strictEqual(sized(600, 766, 768), undefined);
  deepStrictEqual(sized(768, 601, 768, { transposeA: true }), { side: 64, parts: 2 });
  strictEqual(sized(766, 600, 768, { transposeA: true }), undefined);
  strictEqual(sized(600, 768, 770), undefined);
  strictEqual(sized(31, 768, 768), undefined);
  strictEqual(sized(64, 0, 64), undefined);
  strictEqual(sized(64, 64, 64, { batch: 0 }), undefined);
  const a = { device: { info: { software: true } } } as Tensor;
  strictEqual(sized(4096, 4096, 4096, { a }), undefined);
});
