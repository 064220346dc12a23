import { deepStrictEqual, ok, throws } from "node:assert/strict";
import { Tape } from "../../src/autograd/tape.ts";
import type { Device } from "../../src/gpu/device.ts";
import { embedding } from "../../src/ops/embedding.ts";
import { gatherRows } from "../../src/ops/gather_rows.ts";
import { selectToken } from "../../src/ops/select_token.ts";
import { Random } from "../../src/tensor/random.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { gpuGeometry } from "../gpu_geometry.ts";
import { checkOp, normals } from "../oracle/check.ts";

/** Ids below `rows`, with runs and repetitions. */
function draw(n: number, rows: number): Int32Array<ArrayBuffer> {
  const random = new Random(3, [1]);
  const ids = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    ids[i] = i > 0 && random.integer(3) === 0 ? ids[i - 1] : random.integer(rows);
  }
  return ids;
}

async function check(target: Device, batch: number, rows: number, count: number, width: number) {
  const drawn = draw(batch * count, rows);
  using ids = tensor(target, drawn, [batch, count]);
  await checkOp({
    device: target,
    inputs: [[batch, rows, width]],
    run: (x) => gatherRows(x, ids),
    oracle: (x) =>
      Float64Array.from({ length: batch * count * width }, (_, i) => {
        const k = Math.floor(i / width), b = Math.floor(k / count);
        return x[(b * rows + drawn[k]) * width + i % width];
      }),
  });
}

for (
  const [batch, rows, count, width] of [
    [0, 3, 2, 4],
    [2, 3, 0, 4],
    [1, 1, 1, 1],
    [3, 31, 5, 3],
    [2, 5, 33, 4],
    [5, 127, 49, 31],
    [1, 129, 127, 64],
  ]
) {
  const name = `[${batch}, ${rows}, ${width}] by ${count} ids each`;
  Deno.test(`gatherRows() of ${name} matches the oracle, repeated ids included`, () =>
    check(device, batch, rows, count, width));
}

Deno.test("gatherRows() matches the oracle with the many parts of a GPU", async () => {
  await check(gpuGeometry, 1, 129, 127, 3);
  await check(gpuGeometry, 3, 5, 33, 4);
});

Deno.test("embedding() keeps the shape of its ids, and its gradient is zero where no id points", async () => {
  using _scope = new Scope(device);
  const table = tensor(device, normals(7 * 4, 1), [7, 4]);
  const ids = tensor(device, new Uint32Array([2, 5, 5, 2, 5, 0]), [2, 3]);
  using tape = new Tape();
  tape.watch(table);
  const y = tape.run(() => embedding(table, ids));
  deepStrictEqual(y.shape, [2, 3, 4]);
  const dy = tensor(
    device,
    Float32Array.from({ length: 24 }, (_, i) => 2 ** Math.floor(i / 4)),
    y.shape,
  );
  const [gradient] = tape.backward(y, [table], dy);
  const rows = [32, 0, 1 + 8, 0, 0, 2 + 4 + 16, 0];
  deepStrictEqual([...await gradient!.data()], rows.flatMap((v) => [v, v, v, v]));
});

Deno.test("selectToken() picks one position of each sequence and sends the gradient there", () => {
  const chosen = [4, 0, 3];
  using positions = tensor(device, Int32Array.from(chosen));
  return checkOp({
    device,
    inputs: [[3, 5, 6]],
    run: (x) => selectToken(x, positions),
    oracle: (x) => chosen.flatMap((p, b) => [...x.subarray((b * 5 + p) * 6, (b * 5 + p + 1) * 6)]),
  });
});

Deno.test("an id outside the table gives NaN, and no gradient elsewhere", async () => {
  using _scope = new Scope(device);
  const table = tensor(device, normals(3 * 4, 1), [3, 4]);
  const ids = tensor(device, new Int32Array([3, -1, 1]));
  using tape = new Tape();
  tape.watch(table);
  const y = tape.run(() => embedding(table, ids));
  const values = await y.data() as Float32Array;
  ok(
    values.subarray(0, 8).every(Number.isNaN) && values.subarray(8).every(Number.isFinite),
    `${values}`,
  );
  const [gradient] = tape.backward(
    y,
    [table],
    tensor(device, new Float32Array(12).fill(1), [3, 4]),
  );
  deepStrictEqual([...await gradient!.data()], [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]);
});

Deno.test("gatherRows(), embedding() and selectToken() refuse shapes that do not fit", () => {
  using x = tensor(device, new Float32Array(12), [2, 3, 2]);
  using ids = tensor(device, new Int32Array(3), [3, 1]);
  throws(() => gatherRows(x, ids), /rows of \[2,3,2\] by ids \[3,1\]/);
  throws(() => embedding(x, ids), /an embedding table of shape \[2,3,2\]/);
  throws(() => selectToken(x, ids), /tokens of \[2,3,2\] at positions \[3,1\]/);
});
