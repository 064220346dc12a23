import { ok, strictEqual, throws } from "node:assert/strict";
import { pairwiseDistance, type PairwiseOptions } from "../../src/cluster/distance.ts";
import type { Device } from "../../src/gpu/device.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { gpuGeometry } from "../gpu_geometry.ts";
import { close, normals } from "../oracle/check.ts";
import { distanceOracle, rowsOf } from "./oracle.ts";

/** Checks the distances of `n` tokens to `m` others, or to each other, in `batch` segments. */
async function check(
  target: Device,
  [batch, n, m, width]: readonly [number, number, number | undefined, number],
  options: PairwiseOptions,
) {
  using _scope = new Scope(target);
  const a = normals(batch * n * width, 1);
  const b = m === undefined ? a : normals(batch * m * width, 2);
  const x = tensor(target, a, [batch, n, width]);
  const y = m === undefined ? undefined : tensor(target, b, [batch, m, width]);
  const d = await pairwiseDistance(x, y, options).data();
  const [xs, ys] = [rowsOf(a, n * width), rowsOf(b, (m ?? n) * width)];
  const expected = xs.flatMap((segment, s) =>
    rowsOf(segment, width).flatMap((u) =>
      rowsOf(ys[s], width).map((v) => distanceOracle(u, v, options) ** (options.squared ? 2 : 1))
    )
  );
  close(d, expected, 2e-6, "distance");
}

// Each metric is a pipeline of its own, and so is one for pairs: few, lest a cold start takes long.
for (
  const options of [{}, { squared: true }, { p: 1 }, { p: 3 }, { distance: "cosine" }] as const
) {
  Deno.test(`pairwiseDistance() matches the oracle: ${JSON.stringify(options)}`, async () => {
    for (const width of [1, 3, 31, 33, 129]) {
      await check(
        device,
        [2, 33, undefined, width],
        options,
      );
    }
    for (const n of [3, 31, 127, 129]) await check(device, [1, n, undefined, 20], options);
  });
}

Deno.test("pairwiseDistance() takes two sets of tokens", async () => {
  for (const options of [{}, { distance: "cosine" }] as const) {
    await check(device, [3, 5, 40, 8], options);
    await check(device, [1, 40, 1, 6], options);
    await check(device, [2, 129, 33, 12], options);
  }
});

Deno.test("pairwiseDistance() with a GPU's tiles matches the oracle", async () => {
  await check(gpuGeometry, [2, 33, undefined, 31], {});
  await check(gpuGeometry, [1, 129, undefined, 76], {});
  await check(gpuGeometry, [2, 65, 40, 33], { distance: "cosine" });
});

Deno.test("pairwiseDistance() of nothing is nothing", async () => {
  for (const [batch, n, m] of [[0, 3, 3], [2, 0, 3], [2, 3, 0]] as const) {
    using x = tensor(device, new Float32Array(batch * n * 4), [batch, n, 4]);
    using y = tensor(device, new Float32Array(batch * m * 4), [batch, m, 4]);
    using d = pairwiseDistance(x, y);
    strictEqual((await d.data()).length, 0);
  }
});

Deno.test("pairwiseDistance() takes one segment without a batch dimension", async () => {
  using x = tensor(device, new Float32Array([0, 0, 3, 4]), [2, 2]);
  using d = pairwiseDistance(x);
  strictEqual(String(d.shape), "2,2");
  strictEqual(String(await d.data()), "0,5,5,0");
});

for (const [name, target] of [["", device], [" with a GPU's tiles", gpuGeometry]] as const) {
  Deno.test(`equal tokens are exactly 0 apart, and distances exactly symmetric${name}`, async () => {
    const n = 50, width = 40;
    const data = normals(n * width, 3).map((v) => v * 1e3);
    data.copyWithin(40 * width, 3 * width, 4 * width);
    using x = tensor(target, data, [1, n, width]);
    using distances = pairwiseDistance(x);
    const d = await distances.data();
    strictEqual(d[40 * n + 3], 0);
    for (let i = 0; i < n; i++) {
      strictEqual(d[i * n + i], 0);
      for (let j = 0; j < n; j++) {
        strictEqual(d[i * n + j], d[j * n + i]);
        strictEqual(d[3 * n + j], d[40 * n + j], "equal tokens have equal distances");
      }
    }
  });
}

Deno.test("a NaN in a token reaches its distances and no others", async () => {
  const data = normals(20 * 8, 4);
  data[7 * 8 + 2] = NaN;
  using x = tensor(device, data, [20, 8]);
  using distances = pairwiseDistance(x);
  const d = await distances.data();
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 20; j++) {
      if (i !== 7 && j !== 7) ok(Number.isFinite(d[i * 20 + j]));
      else if (i !== j) ok(Number.isNaN(d[i * 20 + j]), `${i}, ${j}`);
    }
  }
});

Deno.test("pairwiseDistance() refuses shapes and metrics that make no sense", () => {
  using x = tensor(device, new Float32Array(12), [2, 3, 2]);
  using y = tensor(device, new Float32Array(12), [2, 2, 3]);
  using z = tensor(device, new Float32Array(12), [12]);
  throws(() => pairwiseDistance(x, y), /do not go together/);
  throws(() => pairwiseDistance(z), /\[B, N, D\] or \[N, D\], not \[12\]/);
  throws(() => pairwiseDistance(x, undefined, { p: 0 }), /p is 0/);
  throws(() => pairwiseDistance(x, undefined, { p: NaN }), /p is NaN/);
  throws(() => pairwiseDistance(x, undefined, { p: 1, squared: true }), /squared/);
  throws(() => pairwiseDistance(x, undefined, { distance: "hamming" as "cosine" }), /hamming/);
});
