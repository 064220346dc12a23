import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { empty, tensor, zeros } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";

const arrays = {
  f32: (n: number) => Float32Array.from({ length: n }, (_, i) => i - 1.5),
  i32: (n: number) => Int32Array.from({ length: n }, (_, i) => -i),
  u32: (n: number) => Uint32Array.from({ length: n }, (_, i) => 2 ** 32 - 1 - i),
  f16: (n: number) => Uint16Array.from({ length: n }, (_, i) => 0x3c00 + i),
  u8: (n: number) => Uint8Array.from({ length: n }, (_, i) => 255 - i),
};

for (const [dtype, make] of Object.entries(arrays)) {
  Deno.test(`a ${dtype} tensor comes back as it was uploaded, whatever its length`, async () => {
    for (const n of [0, 1, 2, 3, 5, 127, 300]) {
      const data = make(n);
      using x = tensor(device, data);
      strictEqual(x.dtype, dtype);
      deepStrictEqual(x.shape, [n]);
      deepStrictEqual(await x.data(), data);
    }
  });
}

Deno.test("a view of a larger buffer uploads its own elements, at any offset", async () => {
  const bytes = Uint8Array.from({ length: 16 }, (_, i) => i);
  using x = tensor(device, bytes.subarray(3, 10));
  deepStrictEqual([...await x.data()], [3, 4, 5, 6, 7, 8, 9]);
});

Deno.test("a tensor of no or of one element has a buffer, and its shape", async () => {
  using none = empty(device, "f32", [3, 0, 2]);
  using scalar = tensor(device, new Float32Array([7]), []);
  strictEqual(none.size, 0);
  strictEqual((await none.data()).length, 0);
  strictEqual(scalar.size, 1);
  deepStrictEqual([...await scalar.data()], [7]);
  ok(none.bytes > 0 && none.bytes <= none.buffer.size);
});

Deno.test("zeros() clears recycled memory", async () => {
  tensor(device, new Uint8Array(1000).fill(9)).dispose();
  device.submit();
  for (let i = 0; i < 3; i++) {
    using x = zeros(device, "u8", [10, 100]);
    ok((await x.data()).every((v) => v === 0));
  }
});

Deno.test("views share the storage, which goes back with the last of them", async () => {
  const { live, buffers } = device.memory;
  const x = tensor(device, new Float32Array([1, 2, 3, 4, 5, 6]), [2, 3]);
  strictEqual(x.unshared, true);
  const y = x.reshape([3, -1]), z = y.alias();
  deepStrictEqual([y.shape, z.shape], [[3, 2], [3, 2]]);
  strictEqual(x.unshared, false);
  strictEqual(y.buffer, x.buffer);
  strictEqual(device.memory.buffers, buffers + 1);
  x.dispose();
  x.dispose();
  y.dispose();
  deepStrictEqual([...await z.data()], [1, 2, 3, 4, 5, 6]);
  strictEqual(z.unshared, true);
  z.dispose();
  strictEqual(device.memory.live, live);
});

Deno.test("a disposed tensor names itself where it is used", async () => {
  const x = tensor(device, new Float32Array(6), [2, 3]);
  x.dispose();
  strictEqual(x.disposed, true);
  throws(() => x.buffer, /tensor \[2,3\] was used after it was disposed/);
  throws(() => x.alias(), /was used after/);
  await rejects(x.data(), /was used after/);
});

Deno.test("elements that do not fill the shape are refused, and nothing is allocated", () => {
  const { live } = device.memory;
  throws(() => tensor(device, new Float32Array(5), [2, 3]), /5 elements do not fill/);
  throws(() => tensor(device, new Float32Array(6), [-2, -3]), RangeError);
  throws(() => empty(device, "f32", [2, -1]), RangeError);
  throws(() => empty(device, "f32", [0.5, 4]), RangeError);
  strictEqual(device.memory.live, live);
});
