import { strictEqual } from "node:assert/strict";
import { matmul } from "../../src/ops/matmul.ts";
import type { FloatType } from "../../src/tensor/dtype.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { gpuGeometry } from "../gpu_geometry.ts";
import { checkOp } from "../oracle/check.ts";
import { product, type ProductCase } from "../oracle/product.ts";

const FORMS = ["nn", "nt", "tn"] as const;

/** Checks `a b + bias + residual` with the inputs `half` in f16: 0 and 1 are the operands, 3 the residual. */
function check(
  on: typeof device,
  c: ProductCase,
  half: readonly number[],
  dtype?: FloatType,
): Promise<void> {
  const { m, k, n, batch, form } = c, lead = batch === undefined ? [] : [batch];
  return checkOp({
    device: on,
    half,
    inputs: [
      [...lead, ...(form === "tn" ? [k, m] : [m, k])],
      [...lead, ...(form === "nt" ? [n, k] : [k, n])],
      [n],
      [...lead, m, n],
    ],
    run(a, b, bias, residual): Tensor {
      const transpose = { transposeA: form === "tn", transposeB: form === "nt" };
      const y = matmul(a, b, { ...transpose, bias, residual, dtype });
      strictEqual(y.dtype, dtype ?? (half.includes(0) ? "f16" : "f32"));
      return y;
    },
    oracle: (a, b, bias, residual) => product(c, a, b, bias, residual),
  });
}

// A kernel is compiled anew for every type that it stores, which takes seconds on a software device: what a
// network does (activations by weights, and the two gradients of that) everywhere, the rest where it is cheap.
for (const [m, k, n] of [[36, 44, 68], [1, 4, 4], [72, 132, 36], [0, 8, 8], [8, 0, 8]]) {
  Deno.test(`activations of f16 by f32 weights match the oracle for ${m} x ${k} x ${n}`, async () => {
    for (const form of FORMS) await check(device, { m, k, n, form }, [0, 3]);
    await check(device, { m, k, n, batch: 3, form: "nt" }, [0, 1, 3]);
  });
}

for (const size of AWKWARD) {
  Deno.test(`what does not line up in vec4 matches the oracle at ${size} cubed`, () =>
    check(device, { m: size, k: size, n: size, form: "nt" }, [0, 3]));
}

Deno.test("the wide tile multiplies activations of f16 by f32 weights", () =>
  check(gpuGeometry, { m: 36, k: 44, n: 68, form: "nt" }, [0, 3]));

Deno.test("a product may have a type of its own", async () => {
  await check(device, { m: 36, k: 44, n: 68, form: "nt" }, [0], "f32");
  await check(device, { m: 36, k: 44, n: 68, form: "nt" }, [3], "f16");
});

Deno.test("matmul() of f16 shares f32 weights over the leading dimensions", () =>
  checkOp({
    device,
    half: [0],
    inputs: [[3, 5, 8], [12, 8], [12]],
    run: (x, w, bias) => matmul(x, w, { transposeB: true, bias }),
    oracle: (x, w, bias) => product({ m: 15, k: 8, n: 12, form: "nt" }, x, w, bias),
  }));
