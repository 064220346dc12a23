import { deepStrictEqual } from "node:assert/strict";
import type { Device } from "../../src/gpu/device.ts";
import { FiniteLatch } from "../../src/ops/finite_latch.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { normals } from "../oracle/check.ts";
import { padded } from "../padded.ts";

function planted(on: Device, n: number, at: number, value: number) {
  const data = normals(n, 1);
  data[at] = value;
  return tensor(on, data);
}

Deno.test("FiniteLatch keeps the first of several bad tensors until it is reset", async () => {
  using _scope = new Scope(device);
  using latch = new FiniteLatch(device);
  const good = tensor(device, normals(33, 2));
  latch.test(good, 0);
  deepStrictEqual(await latch.read(), undefined);
  latch.test(planted(device, 33, 32, NaN), 7);
  latch.test(planted(device, 33, 0, Infinity), 3);
  latch.test(good, 1);
  deepStrictEqual(await latch.read(), 7);
  latch.reset();
  deepStrictEqual(await latch.read(), undefined);
  latch.test(planted(device, 33, 0, Infinity), 0);
  deepStrictEqual(await latch.read(), 0);
});

Deno.test("FiniteLatch outlives the scope in which it was made", async () => {
  let latch: FiniteLatch;
  {
    using _scope = new Scope(device);
    latch = new FiniteLatch(device);
    latch.test(planted(device, 3, 1, NaN), 4);
  }
  using _latch = latch;
  deepStrictEqual(await latch.read(), 4);
});

Deno.test("FiniteLatch finds a bad element in any place, and none past the last", async () => {
  using latch = new FiniteLatch(device);
  for (const n of AWKWARD) {
    using _scope = new Scope(device);
    latch.test(padded(device, normals(n, 3)), n);
    deepStrictEqual(await latch.read(), undefined, `${n} finite elements`);
    for (const at of new Set([0, n >> 1, n - 1])) {
      for (const value of [NaN, Infinity, -Infinity]) {
        latch.test(planted(device, n, at, value), n);
        deepStrictEqual(await latch.read(), n, `${value} at ${at} of ${n}`);
        latch.reset();
      }
    }
  }
});

Deno.test("FiniteLatch strides over the grid, and takes large and subnormal numbers for finite", async () => {
  using _scope = new Scope(twoGroups);
  using latch = new FiniteLatch(twoGroups);
  const data = normals(10_007, 4);
  data.set([3.4028234663852886e38, -3.4028234663852886e38, 1e-45, -0]);
  latch.test(tensor(twoGroups, data), 5);
  deepStrictEqual(await latch.read(), undefined);
  latch.test(planted(twoGroups, 10_007, 10_006, NaN), 6);
  deepStrictEqual(await latch.read(), 6);
});
