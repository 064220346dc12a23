import assert from "node:assert/strict";
import { UserError } from "../../src/errors.ts";
import {
  openSafetensors,
  parseSafetensors,
  type SafetensorsFile,
  writeSafetensors,
} from "../../src/io/safetensors.ts";
import { f32ToBf16, f32ToF16 } from "../../src/io/half.ts";
import { withFolder } from "./folder.ts";
import { entry, fileOf, rawFile } from "./raw_safetensors.ts";

/** Written by the reference library, release 0.8.0, from NumPy arrays. */
const REFERENCE = Uint8Array.fromBase64(
  "uAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJtYWRlIjoiYnkgdGhlIHJlZmVyZW5jZSJ9LCJiaWciOnsiZHR5cGUiOiJJ" +
    "NjQiLCJzaGFwZSI6WzFdLCJkYXRhX29mZnNldHMiOlswLDhdfSwiZCI6eyJkdHlwZSI6IkY2NCIsInNoYXBlIjpbXSwi" +
    "ZGF0YV9vZmZzZXRzIjpbOCwxNl19LCJub25lIjp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlswLDNdLCJkYXRhX29mZnNl" +
    "dHMiOlsxNiwxNl19LCJ3Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlsyLDJdLCJkYXRhX29mZnNldHMiOlsxNiwzMl19" +
    "LCJpZHMiOnsiZHR5cGUiOiJJMzIiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOlszMiw0MF19LCJoIjp7ImR0eXBl" +
    "IjoiRjE2Iiwic2hhcGUiOlsyXSwiZGF0YV9vZmZzZXRzIjpbNDAsNDRdfSwibWFzayI6eyJkdHlwZSI6IkJPT0wiLCJz" +
    "aGFwZSI6WzNdLCJkYXRhX29mZnNldHMiOls0NCw0N119fQAAAAAAAQAAmpmZmZmZuT8AAMA/AAAAwAAAAAAAAIB/////" +
    "/////39mLv97AQAB",
);

/** Runs `check` on the same bytes in memory, in memory inside a larger buffer, and on disk. */
async function onEachSource(
  bytes: Uint8Array<ArrayBuffer>,
  check: (file: SafetensorsFile) => Promise<void>,
): Promise<void> {
  await check(parseSafetensors(bytes, "memory"));
  const inner = new Uint8Array(bytes.length + 6).fill(0xee);
  inner.set(bytes, 3);
  await check(parseSafetensors(inner.subarray(3, 3 + bytes.length), "inner"));
  await withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/disk`, bytes);
    using file = await openSafetensors(`${folder}/disk`);
    await check(file);
  });
}

Deno.test("a file of the reference library is read in memory and on disk, without and with an offset", () =>
  onEachSource(REFERENCE, async (file) => {
    assert.deepEqual(file.names, ["big", "d", "h", "ids", "mask", "none", "w"]);
    assert.deepEqual({ ...file.metadata }, { made: "by the reference" });
    assert.deepEqual(file.info("w"), { dtype: "F32", shape: [2, 2], begin: 464, end: 480 });
    const { dtype, shape, bytes } = await file.read("ids");
    assert.deepEqual({ dtype, shape }, { dtype: "I32", shape: [2] });
    assert.deepEqual([...bytes], [255, 255, 255, 255, 255, 255, 255, 127]);
    assert.deepEqual(await file.readF32("w"), Float32Array.of(1.5, -2, 0, Infinity));
    assert.deepEqual(await file.readI32("ids"), Int32Array.of(-1, 2 ** 31 - 1));
    assert.deepEqual(await file.readF32("h"), Float32Array.of(0.0999755859375, 65504));
    assert.deepEqual(await file.readI32("mask"), Int32Array.of(1, 0, 1));
    assert.deepEqual(await file.readF32("big"), Float32Array.of(2 ** 40));
    assert.deepEqual(await file.readF32("d"), Float32Array.of(0.1));
    assert.deepEqual(await file.readF32("none"), new Float32Array(0));
  }));

Deno.test("reads asked for at the same time each get their own tensor", () =>
  onEachSource(REFERENCE, async (file) => {
    const names = [...file.names, ...file.names.toReversed()];
    const together = await Promise.all(names.map((name) => file.read(name)));
    for (const [i, name] of names.entries()) assert.deepEqual(together[i], await file.read(name));
  }));

Deno.test("what readF32 and readI32 return is the caller's own, even where the bytes are a view", async () => {
  const bytes = REFERENCE.slice();
  const file = parseSafetensors(bytes, "memory");
  (await file.readF32("w")).fill(9);
  (await file.readI32("ids")).fill(9);
  assert.deepEqual(bytes, REFERENCE);
});

Deno.test("every dtype becomes f32 and, where it is integral, i32", async () => {
  const cases: [string, ArrayBufferView, number[], number[] | undefined][] = [
    ["F64", Float64Array.of(-0.5, 1 + 2 ** -30), [-0.5, 1], undefined],
    ["F32", Float32Array.of(-0.5, NaN), [-0.5, NaN], undefined],
    ["F16", Uint16Array.of(0xb800, 0x0001), [-0.5, 2 ** -24], undefined],
    ["BF16", Uint16Array.of(0xbf00, 0x7f80), [-0.5, Infinity], undefined],
    ["I64", BigInt64Array.of(-(2n ** 31n), 2n ** 31n - 1n), [-(2 ** 31), 2 ** 31], [
      -(2 ** 31),
      2147483647,
    ]],
    ["I32", Int32Array.of(-3, 2 ** 24), [-3, 2 ** 24], [-3, 2 ** 24]],
    ["I16", Int16Array.of(-32768, 7), [-32768, 7], [-32768, 7]],
    ["I8", Int8Array.of(-128, 7), [-128, 7], [-128, 7]],
    ["U32", Uint32Array.of(5, 2 ** 31 - 1), [5, 2 ** 31], [5, 2147483647]],
    ["U8", Uint8Array.of(5, 255), [5, 255], [5, 255]],
    ["BOOL", Uint8Array.of(0, 1), [0, 1], [0, 1]],
  ];
  for (const [dtype, data, f32, i32] of cases) {
    await onEachSource(fileOf(dtype, [2], data), async (file) => {
      assert.deepEqual(await file.readF32("x"), Float32Array.from(f32), dtype);
      if (i32) assert.deepEqual(await file.readI32("x"), Int32Array.from(i32), dtype);
      else {await assert.rejects(
          file.readI32("x"),
          /tensor "x": its \w+ elements are not 32-bit int/,
        );}
    });
  }
});

Deno.test("readI32 refuses integers beyond 32 bits", async () => {
  for (const value of [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 53n]) {
    const file = parseSafetensors(fileOf("I64", [1], BigInt64Array.of(value)), "ids");
    await assert.rejects(file.readI32("x"), /^SafetensorsError: ids: tensor "x": its I64 elements/);
  }
  const file = parseSafetensors(fileOf("U32", [1], Uint32Array.of(2 ** 31)), "ids");
  await assert.rejects(file.readI32("x"), UserError);
});

Deno.test("scalars, empty tensors, tensors in any order and a padded header are well-formed", async () => {
  const header =
    `{ ${entry("b", "U8", "[2]", "[3, 5]")} ,\n${entry("none", "F64", "[4,0]", "[3,3]")},` +
    `${entry("a", "U8", "[]", "[2,3]")},${entry("__proto__", "U8", "[1,2]", "[0,2]")},` +
    `${entry("10", "U8", "[]", "[5,6]")},"__metadata__":{"__proto__":"p","constructor":""}}  \n`;
  await onEachSource(rawFile(header, 6), async (file) => {
    assert.deepEqual(file.names, ["10", "__proto__", "a", "b", "none"]);
    assert.deepEqual(Object.entries(file.metadata), [["__proto__", "p"], ["constructor", ""]]);
    const values = await Promise.all(
      file.names.map(async (name) => [...await file.readI32(name).catch(() => [])]),
    );
    assert.deepEqual(values, [[6], [1, 2], [3], [4, 5], []]);
    assert.deepEqual(file.info("none").shape, [4, 0]);
    for (const name of ["constructor", "toString", "__metadata__", "c"]) {
      assert.equal(file.has(name), false);
      await assert.rejects(
        file.read(name),
        /: tensor "\w+": it is not among the 5 of the file; choose/,
      );
    }
  });
  await onEachSource(rawFile("{}"), (file) => Promise.resolve(assert.deepEqual(file.names, [])));
});

Deno.test("an unusual but legal spelling of a header is read right", async () => {
  const header =
    '{"\\u0078\\/\\ud83d\\ude00":{"data_offsets":[0,1],"shape":[1],"dtype":"\\u00558"}}';
  await onEachSource(rawFile(header, 1), async (file) => {
    assert.deepEqual(file.names, ["x/😀"]);
    assert.deepEqual(await file.readI32("x/😀"), Int32Array.of(1));
  });
});

Deno.test("a closed file can be closed again but not read", async () => {
  await withFolder(async (folder) => {
    await writeSafetensors(`${folder}/x`, [{
      name: "x",
      dtype: "U8",
      shape: [],
      bytes: Uint8Array.of(1),
    }]);
    const file = await openSafetensors(`${folder}/x`);
    file.close();
    file.close();
    await assert.rejects(file.read("x"));
  });
});

Deno.test("a file that shrinks while it is open is named", async () => {
  await withFolder(async (folder) => {
    await Deno.writeFile(`${folder}/x`, REFERENCE);
    using file = await openSafetensors(`${folder}/x`);
    await Deno.truncate(`${folder}/x`, REFERENCE.length - 1);
    assert.deepEqual(await file.readI32("ids"), Int32Array.of(-1, 2 ** 31 - 1));
    await assert.rejects(
      file.read("mask"),
      /^UserError: cannot read .*\/x: it ends at byte 494, before/,
    );
    assert.deepEqual(await file.readI32("ids"), Int32Array.of(-1, 2 ** 31 - 1));
  });
});

Deno.test("a missing file is one line", () =>
  assert.rejects(
    openSafetensors("no/such/file"),
    /^UserError: cannot read no\/such\/file: there is no/,
  ));

for (const dtype of ["F64", "F32", "F16", "BF16", "I16"] as const) {
  Deno.test(`a run of ${dtype} elements is read as f32, from disk and from memory`, () =>
    withFolder(async (folder) => {
      const values = [3, -1, 0.5, 250, -7].map((value) =>
        dtype === "I16" ? Math.round(value) : value
      );
      const f32 = Float32Array.from(values);
      const held = {
        F64: () => new Float64Array(values),
        F32: () => f32,
        F16: () => f32ToF16(f32),
        BF16: () => f32ToBf16(f32),
        I16: () => Int16Array.from(values),
      }[dtype]();
      const path = `${folder}/x`, bytes = new Uint8Array(held.buffer);
      // A tensor before it, so that it begins where it will.
      const first = { name: "a", dtype: "U8", shape: [3], bytes: new Uint8Array(3) } as const;
      await writeSafetensors(path, [{ name: "x", dtype, shape: [5], bytes }, first]);
      using disk = await openSafetensors(path);
      for (const file of [disk, parseSafetensors(await Deno.readFile(path), "memory")]) {
        for (const [begin, end] of [[0, 5], [1, 4], [4, 5], [2, 2]]) {
          // A part of a larger array, whose other elements stay.
          const whole = new Float32Array(9).fill(42), target = whole.subarray(2, 2 + end - begin);
          await file.readF32Into("x", begin, target);
          assert.deepEqual([...target], values.slice(begin, end));
          assert.ok(whole.every((value, i) => (i >= 2 && i < 2 + end - begin) || value === 42));
        }
        await assert.rejects(file.readF32Into("x", 3, new Float32Array(3)), RangeError);
        await assert.rejects(file.readF32Into("x", -1, new Float32Array(1)), RangeError);
      }
    }));
}
