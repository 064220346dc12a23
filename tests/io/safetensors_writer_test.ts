import assert from "node:assert/strict";
import {
  openSafetensors,
  parseSafetensors,
  SafetensorsError,
  type TensorEntry,
  writeSafetensors,
} from "../../src/io/safetensors.ts";
import { listing, withFolder } from "./folder.ts";

const u8 = (name: string, ...values: number[]): TensorEntry => ({
  name,
  dtype: "U8",
  shape: [values.length],
  bytes: Uint8Array.from(values),
});

const mixed: TensorEntry[] = [
  u8("bytes", 1, 2, 3),
  { name: "10", dtype: "F32", shape: [], bytes: new Uint8Array(Float32Array.of(0.5).buffer) },
  { name: "2", dtype: "F32", shape: [0, 7], bytes: new Uint8Array(0) },
  { name: "__proto__", dtype: "I64", shape: [1], bytes: () => new Uint8Array(8).fill(1) },
  {
    name: "größe\n😀",
    dtype: "BF16",
    shape: [1, 1],
    bytes: () => Promise.resolve(Uint8Array.of(0x80, 0x3f)),
  },
];

Deno.test("what is written is read back, names, shapes, values and metadata", () =>
  withFolder(async (folder) => {
    const path = `${folder}/x.safetensors`;
    const metadata = { format: "pt", note: 'a "quoted"\nline', ["__proto__"]: "p" };
    await writeSafetensors(path, mixed, metadata);
    using file = await openSafetensors(path);
    assert.deepEqual(file.names, mixed.map(({ name }) => name).sort());
    assert.deepEqual({ ...file.metadata }, metadata);
    for (const { name, dtype, shape, bytes } of mixed) {
      const expected = typeof bytes === "function" ? await bytes() : bytes;
      assert.deepEqual(await file.read(name), { dtype, shape, bytes: expected });
    }
  }));

Deno.test("the bytes do not depend on the order in which tensors and metadata come", () =>
  withFolder(async (folder) => {
    await writeSafetensors(`${folder}/a`, mixed, { one: "1", two: "2" });
    async function* reversed() {
      yield* mixed.toReversed();
      await Promise.resolve();
    }
    await writeSafetensors(`${folder}/b`, reversed(), { two: "2", one: "1" });
    assert.deepEqual(await Deno.readFile(`${folder}/a`), await Deno.readFile(`${folder}/b`));
  }));

Deno.test("the header is a multiple of 8 bytes and each tensor is aligned to its element", () =>
  withFolder(async (folder) => {
    for (let length = 0; length < 9; length++) {
      const metadata = { pad: "x".repeat(length) };
      await writeSafetensors(`${folder}/x`, mixed, metadata);
      const bytes = await Deno.readFile(`${folder}/x`);
      assert.equal(new DataView(bytes.buffer).getUint32(0, true) % 8, 0);
      const file = parseSafetensors(bytes, "x");
      assert.equal(file.info("__proto__").begin % 8, 0);
      assert.equal(file.info("10").begin % 4, 0);
      assert.equal(file.info("größe\n😀").begin % 2, 0);
    }
  }));

Deno.test("a header without metadata has no __metadata__, and no tensors make a valid file", () =>
  withFolder(async (folder) => {
    await writeSafetensors(`${folder}/x`, []);
    assert.equal(await Deno.readTextFile(`${folder}/x`), "\b\0\0\0\0\0\0\0{}      ");
    assert.deepEqual(parseSafetensors(await Deno.readFile(`${folder}/x`), "x").names, []);
  }));

Deno.test("only one tensor's bytes are asked for at a time, each once", () =>
  withFolder(async (folder) => {
    const calls: string[] = [];
    const lazy = ["b", "a", "c"].map((name): TensorEntry => ({
      name,
      dtype: "U8",
      shape: [1],
      bytes: async () => {
        calls.push(`${name} asked`);
        await new Promise((resolve) => setTimeout(resolve, 1));
        calls.push(`${name} given`);
        return Uint8Array.of(1);
      },
    }));
    await writeSafetensors(`${folder}/x`, lazy);
    assert.deepEqual(calls, ["a asked", "a given", "b asked", "b given", "c asked", "c given"]);
  }));

const wrong: [string, TensorEntry[], Record<string, string>, RegExp][] = [
  ["a name twice", [u8("x", 1), u8("x", 2)], {}, /tensor "x": the name is given twice/],
  [
    "a name twice with two dtypes",
    [u8("x", 1), { ...mixed[1], name: "x" }],
    {},
    /tensor "x": the name is/,
  ],
  [
    "the reserved name",
    [u8("__metadata__", 1)],
    {},
    /tensor "__metadata__": the name is .* reserved/,
  ],
  [
    "too few bytes",
    [{ ...u8("x", 1, 2), shape: [3] }],
    {},
    /tensor "x": U8 \[3\] takes 3 bytes, not 2/,
  ],
  ["a negative size", [{ ...u8("x"), shape: [-1, 0] }], {}, /tensor "x": \[-1,0\] is not a shape/],
  ["a fractional size", [{ ...u8("x", 1, 2), shape: [0.5, 4] }], {}, /\[0.5,4\] is not a shape/],
  ["NaN for a size", [{ ...u8("x"), shape: [NaN] }], {}, /\[NaN\] is not a shape/],
  ["an overflowing shape", [{ ...u8("x"), shape: [2 ** 52, 2, 0] }], {}, /is not a shape/],
  ["a name that is not Unicode", [u8("\ud800", 1)], {}, /"\\ud800" is not Unicode text/],
  ["metadata that is not Unicode", [], { x: "\udc00" }, /"\\udc00" is not Unicode text/],
  [
    "a header over the cap",
    [],
    { x: "x".repeat(100_000_000) },
    /the header would take 1000000\d\d bytes/,
  ],
];

for (const [what, tensors, metadata, line] of wrong) {
  Deno.test(`writing ${what} is refused in one line and leaves no file`, () =>
    withFolder(async (folder) => {
      const path = `${folder}/x`;
      await assert.rejects(writeSafetensors(path, tensors, metadata), (error: unknown) => {
        assert.ok(error instanceof SafetensorsError, String(error));
        assert.ok(error.message.startsWith(`${path}: `));
        assert.match(error.message, line);
        return true;
      });
      assert.deepEqual(await listing(folder), []);
    }));
}

Deno.test("a tensor that fails in the middle leaves the old file whole and nothing beside it", () =>
  withFolder(async (folder) => {
    const path = `${folder}/x`;
    await writeSafetensors(path, [u8("a", 1)]);
    const before = await Deno.readFile(path);
    const failure = new Error("device lost");
    const failing = { ...u8("z", 1), bytes: () => Promise.reject(failure) };
    await assert.rejects(writeSafetensors(path, [u8("a", 2), failing]), failure);
    assert.deepEqual(await listing(folder), ["x"]);
    assert.deepEqual(await Deno.readFile(path), before);
  }));
