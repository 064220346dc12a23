import assert from "node:assert/strict";
import { parseNpy } from "../../src/io/npy.ts";
import { npy } from "./npy.ts";

Deno.test("parseNpy() reads whole numbers of every width, from either version's header", () => {
  const cases = [
    [npy("|u1", [2, 3], Uint8Array.of(1, 2, 3, 4, 5, 255)), [1, 2, 3, 4, 5, 255]],
    [npy("|i1", [2], Int8Array.of(-1, 7)), [-1, 7]],
    [npy("<i2", [1, 2], Int16Array.of(-300, 300)), [-300, 300]],
    [npy("<u2", [2], Uint16Array.of(65535, 1)), [65535, 1]],
    [npy("<i4", [2], Int32Array.of(-70000, 70000)), [-70000, 70000]],
    [npy("<u4", [1], Uint32Array.of(4294967295)), [4294967295]],
    [npy("<i8", [2], BigInt64Array.of(-5n, 2n ** 40n)), [-5, 2 ** 40]],
    [npy("<u8", [1], BigUint64Array.of(9n), { version: 2 }), [9]],
    [npy("<i8", [0, 4], BigInt64Array.of()), []],
  ] as const;
  for (const [bytes, values] of cases) {
    // At an odd place in memory, as a part of something larger.
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    assert.deepEqual([...parseNpy(shifted.subarray(1), "x.npy").values], values);
  }
  assert.deepEqual(parseNpy(cases[0][0], "x.npy").shape, [2, 3]);
  assert.deepEqual(parseNpy(cases[1][0], "x.npy").shape, [2]);
});

Deno.test("parseNpy() refuses in one line what is no array of whole numbers in row order", () => {
  const good = npy("<i4", [2], Int32Array.of(1, 2));
  const refuses = (bytes: Uint8Array, message: RegExp) =>
    assert.throws(() => parseNpy(bytes, "x.npy"), { name: "UserError", message });
  refuses(new Uint8Array(0), /^x.npy is not a NumPy file/);
  refuses(new TextEncoder().encode("PK\x03\x04 an archive of several"), /is not a NumPy file/);
  refuses(npy("<f4", [2], Float32Array.of(1, 2)), /numbers of type "<f4"/);
  refuses(npy(">i4", [2], Int32Array.of(1, 2)), /numbers of type ">i4"/);
  refuses(npy("<i4", [2, 1], Int32Array.of(1, 2), { fortran: true }), /columns before rows/);
  refuses(npy("<i4", [3], Int32Array.of(1, 2)), /bytes where its header asks for/);
  for (let end = 12; end < good.length; end++) refuses(good.slice(0, end), /^x.npy /);
});
