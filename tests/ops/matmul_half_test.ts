import { strictEqual } from "node:assert/strict";
import type { FloatType } from "../../src/ops/cast.ts";
import { matmul } from "../../src/ops/matmul.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { gpuGeometry } from "../gpu_geometry.ts";
import { checkOp } from "../oracle/check.ts";
import { product, type ProductCase } from "../oracle/product.ts";

const FORMS = ["nn", "nt", "tn"] as const;
/** The kernels for software devices and for GPUs; what does not line up in vec4 takes the plain one. */
const DEVICES = { "small subgroups": device, "wide tiles": gpuGeometry };

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

for (const [kernel, on] of Object.entries(DEVICES)) {
  for (const form of FORMS) {
    Deno.test(`${kernel}: ${form} of f16 by f32 and by f16 matches the oracle`, async () => {
      for (const [m, k, n] of [[36, 44, 68], [1, 4, 4], [72, 132, 36], [0, 8, 8], [8, 0, 8]]) {
        for (const half of [[0, 3], [0, 1], [0, 1, 3], [1]]) {
          await check(on, { m, k, n, form }, half);
        }
      }
      await check(on, { m: 40, k: 36, n: 44, batch: 3, form }, [0, 1, 3]);
    });
  }
  Deno.test(`${kernel}: a product may have a type of its own`, async () => {
    const c: ProductCase = { m: 36, k: 44, n: 68, form: "nt" };
    await check(on, c, [0], "f32");
    await check(on, c, [3], "f16");
  });
}

for (const size of AWKWARD) {
  Deno.test(`matmul() of f16 matches the oracle at ${size} cubed`, async () => {
    for (const form of FORMS) {
      for (const half of [[0, 3], [0, 1, 3]]) {
        await check(device, { m: size, k: size, n: size, form }, half);
      }
    }
  });
}

Deno.test("matmul() of f16 shares f32 weights over the leading dimensions", () =>
  checkOp({
    device,
    half: [0],
    inputs: [[3, 5, 8], [12, 8], [12]],
    run: (x, w, bias) => matmul(x, w, { transposeB: true, bias }),
    oracle: (x, w, bias) => product({ m: 15, k: 8, n: 12, form: "nt" }, x, w, bias),
  }));
