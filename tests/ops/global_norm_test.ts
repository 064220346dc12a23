import { deepStrictEqual, ok, throws } from "node:assert/strict";
import type { Device } from "../../src/gpu/device.ts";
import { clipGradients, globalNorm } from "../../src/ops/global_norm.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { AWKWARD, device } from "../device.ts";
import { twoGroups } from "../gpu_geometry.ts";
import { close, normals } from "../oracle/check.ts";
import { padded } from "../padded.ts";

function upload(on: Device, arrays: readonly Float32Array<ArrayBuffer>[]) {
  return arrays.map((x) => tensor(on, x));
}

function oracle(arrays: readonly Float32Array[]): number {
  let squares = 0;
  for (const x of arrays) for (const v of x) squares += v * v;
  return Math.sqrt(squares);
}

const SIZES = [...AWKWARD, 0, 70_001, 4096];
const GRADIENTS = SIZES.map((n, i) => normals(n, i + 1).map((v) => v * 10 ** (i % 3)));

for (const [on, how] of [[device, ""], [twoGroups, " on two workgroups"]] as const) {
  for (const maxNorm of [1, 1e9, undefined]) {
    Deno.test(`globalNorm() over ${SIZES.length} tensors, clipped at ${maxNorm}${how}`, async () => {
      using _scope = new Scope(on);
      const norm = oracle(GRADIENTS);
      const clip = await globalNorm(upload(on, GRADIENTS), { maxNorm }).data();
      const [actual, coefficient, finite, rest] = clip;
      ok(Math.abs(actual / norm - 1) < 1e-6, `${actual}, oracle ${norm}`);
      const expected = maxNorm === 1 ? 1 / (norm + 1e-6) : 1;
      ok(Math.abs(coefficient / expected - 1) < 1e-6, `${coefficient}, oracle ${expected}`);
      deepStrictEqual([finite, rest], [1, 0]);
    });
  }
}

for (const factor of [65536, 2 ** -24, 3]) {
  for (const maxNorm of [1, undefined]) {
    Deno.test(`globalNorm() of gradients scaled by ${factor}, clipped at ${maxNorm}`, async () => {
      using _scope = new Scope(device);
      const norm = oracle(GRADIENTS), scale = tensor(device, Float32Array.of(factor));
      const scaled = upload(device, GRADIENTS.map((x) => x.map((v) => factor * v)));
      const [actual, coefficient, finite] = await globalNorm(scaled, { maxNorm, scale }).data();
      const expected = (maxNorm ? maxNorm / (norm + 1e-6) : 1) / factor;
      close([actual], [norm], 1e-6, "norm");
      ok(Math.abs(coefficient / expected - 1) < 1e-6, `${coefficient}, oracle ${expected}`);
      deepStrictEqual(finite, 1);
    });
  }
}

Deno.test("globalNorm() takes a scale of 1 for none, and sees overflow under any", async () => {
  using _scope = new Scope(device);
  const gradients = upload(device, GRADIENTS), scale = tensor(device, Float32Array.of(1));
  deepStrictEqual(
    await globalNorm(gradients, { maxNorm: 2, scale }).data(),
    await globalNorm(gradients, { maxNorm: 2 }).data(),
  );
  const bad = upload(device, [normals(33, 1), Float32Array.of(1, Infinity)]);
  const [, , finite] = await globalNorm(bad, { maxNorm: 2, scale }).data();
  deepStrictEqual(finite, 0);
});

for (const n of AWKWARD) {
  Deno.test(`globalNorm() of ${n} elements reads none past the last`, async () => {
    using _scope = new Scope(device);
    const x = normals(n, 3);
    const [norm] = await globalNorm([padded(device, x)]).data();
    close([norm], [oracle([x])], 1e-6, "norm");
  });
}

for (const bad of [NaN, Infinity, -Infinity]) {
  for (const at of [0, 63, 128]) {
    Deno.test(`globalNorm() sees ${bad} at ${at} of the second tensor`, async () => {
      using _scope = new Scope(device);
      const x = normals(129, 5);
      x[at] = bad;
      const [norm, , finite] = await globalNorm(upload(device, [normals(33, 1), x])).data();
      deepStrictEqual([Number.isFinite(norm), finite], [false, 0]);
    });
  }
}

Deno.test("clipGradients() scales by the coefficient, in place, only above the largest norm", async () => {
  using _scope = new Scope(device);
  const gradients = upload(device, GRADIENTS);
  const clip = await clipGradients(gradients, 2).data();
  for (const [i, x] of GRADIENTS.entries()) {
    close(await gradients[i].data() as Float32Array, x.map((v) => v * clip[1]), 1e-6, `${i}`);
  }
  const small = upload(device, [Float32Array.of(0.5, -0.25, 0.125)]);
  await clipGradients(small, 2);
  deepStrictEqual(await small[0].data(), Float32Array.of(0.5, -0.25, 0.125));
});

Deno.test("globalNorm() of no tensors is refused, of empty ones it is 0", async () => {
  throws(() => globalNorm([]), RangeError);
  using _scope = new Scope(device);
  const empties = upload(device, [new Float32Array(0), new Float32Array(0)]);
  deepStrictEqual(await globalNorm(empties, { maxNorm: 1 }).data(), Float32Array.of(0, 1, 1, 0));
});
