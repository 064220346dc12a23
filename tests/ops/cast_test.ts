import { deepStrictEqual, throws } from "node:assert/strict";
import { f32ToF16 } from "../../src/io/half.ts";
import { cast } from "../../src/ops/cast.ts";
import { exp } from "../../src/ops/exp.ts";
import { tidy } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { checkOp, normals } from "../oracle/check.ts";

for (const n of [0, ...AWKWARD]) {
  Deno.test(`cast() rounds ${n} elements to the nearest f16 and widens them exactly`, async () => {
    const values = normals(n, 1), bits = f32ToF16(values);
    using half = cast(tensor(device, values), "f16");
    deepStrictEqual(await half.data(), bits);
    using back = cast(half, "f32");
    deepStrictEqual(await back.data(), new Float32Array(new Float16Array(bits.buffer)));
  });
}

Deno.test("cast() makes what f16 cannot hold infinite, and keeps NaN", async () => {
  using half = tidy(
    device,
    () => cast(tensor(device, Float32Array.of(65519, 65520, -1e9, NaN)), "f16"),
  );
  const [largest, ...rest] = new Float16Array((await half.data()).buffer);
  deepStrictEqual([largest, ...rest], [65504, Infinity, -Infinity, NaN]);
});

Deno.test("cast() takes the gradient back to the type that it came from", () =>
  checkOp({ device, inputs: [[33]], half: [0], run: (x) => cast(x, "f32"), oracle: (x) => x }));

Deno.test("a kernel that takes f32 refuses f16", () => {
  using half = tidy(device, () => cast(tensor(device, normals(4, 1)), "f16"));
  throws(() => exp(half), /exp.forward: "x" is bound to f16, but takes no f16/);
});
