import { deepStrictEqual } from "node:assert/strict";
import { addInto } from "../../src/ops/add_into.ts";
import { cast } from "../../src/ops/cast.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { normals } from "../oracle/check.ts";

for (const n of [0, ...AWKWARD]) {
  Deno.test(`addInto() adds ${n} elements in f32, and rounds what is stored as f16 once`, async () => {
    using _scope = new Scope(device);
    const a = new Float32Array(new Float16Array(normals(n, 1)));
    const b = new Float32Array(new Float16Array(normals(n, 2)));
    const sums = a.map((x, i) => x + b[i]);
    for (const [to, from] of [["f32", "f32"], ["f16", "f16"], ["f16", "f32"]] as const) {
      const target = cast(tensor(device, a), to);
      addInto(target, cast(tensor(device, b), from));
      const expected = to === "f32" ? sums : new Uint16Array(new Float16Array(sums).buffer);
      deepStrictEqual(await target.data(), expected);
    }
  });
}
