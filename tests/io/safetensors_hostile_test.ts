import assert from "node:assert/strict";
import { UserError } from "../../src/errors.ts";
import { openSafetensors, parseSafetensors, SafetensorsError } from "../../src/io/safetensors.ts";
import { withFolder } from "./folder.ts";
import { entry, rawFile } from "./raw_safetensors.ts";

/** A header with one tensor `x`. */
const one = (dtype: string, shape: string, offsets: string) =>
  `{${entry("x", dtype, shape, offsets)}}`;

/** The file that states a header length of its own. */
function withLength(length: bigint, rest: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + rest);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
}

const longShape = `[${Array(50_000).fill("1").join()}]`;

/** What is wrong, the file, and what the message says of it. */
const hostile: [string, Uint8Array<ArrayBuffer>, RegExp][] = [
  ["nothing", new Uint8Array(0), /it has 0 bytes, too few/],
  ["7 bytes", new Uint8Array(7), /it has 7 bytes, too few/],
  ["a header length over the cap", withLength(100_000_001n, 10), /100000001 is over the limit/],
  ["a header length of 2^64 - 1", withLength(2n ** 64n - 1n, 10), /18446744073709551615 is over/],
  [
    "a header longer than the file",
    withLength(11n, 10),
    /should have 11 bytes but the file ends after 10/,
  ],
  ["an empty header", rawFile(""), /does not start with '{'/],
  ["a leading space", rawFile(" {}"), /does not start with '{'/],
  ["a byte order mark", rawFile("\ufeff{}"), /does not start with '{'/],
  ["an array", rawFile("[]"), /does not start with '{'/],
  [
    "text after the header",
    rawFile("{}{}"),
    /has "{" at character 2 in place of the end of the header/,
  ],
  ["a header cut short", rawFile('{"x":{'), /has its end at character 6 in place of/],
  ["a string cut short", rawFile('{"x'), /a string in the header never ends/],
  ["a string cut in an escape", rawFile('{"x\\'), /a string in the header never ends/],
  ["a bad escape", rawFile('{"\\x":1}'), /malformed string/],
  ["a raw line break in a name", rawFile('{"a\nb":1}'), /malformed string "\\"a\\nb\\""/],
  ["half a surrogate pair", rawFile('{"\\ud800":1}'), /not Unicode text/],
  ["a trailing comma", rawFile("{" + entry("x", "U8", "[0]", "[0,0]") + ",}"), /in place of '"'/],
  ["a number for a tensor", rawFile('{"x":1}'), /tensor "x": the header has "1" at/],
  ["null for a tensor", rawFile('{"x":null}'), /tensor "x": the header has "n" at/],
  ["deep nesting", rawFile('{"x":' + "[".repeat(100_000)), /tensor "x": the header has "\[" at/],
  [
    "a name twice",
    rawFile(`{${entry("x", "U8", "[1]", "[0,1]")},${entry("x", "U8", "[1]", "[0,1]")}}`, 1),
    /the key "x" stands twice/,
  ],
  [
    "a name twice, once escaped",
    rawFile(`{${entry("x", "U8", "[0]", "[0,0]")},"\\u0078":{}}`),
    /the key "x" stands twice/,
  ],
  [
    "__proto__ twice",
    rawFile(`{${entry("__proto__", "U8", "[0]", "[0,0]")},"__proto__":{}}`),
    /"__proto__" stands twice/,
  ],
  [
    "a field twice",
    rawFile('{"x":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}'),
    /tensor "x": the key "dtype" stands/,
  ],
  ["a metadata key twice", rawFile('{"__metadata__":{"a":"","a":""}}'), /the key "a" stands twice/],
  [
    "metadata twice",
    rawFile('{"__metadata__":{},"__metadata__":{}}'),
    /"__metadata__" stands twice/,
  ],
  [
    "a number in the metadata",
    rawFile('{"__metadata__":{"a":1}}'),
    /has "1" at character 21 in place of '"'/,
  ],
  ["text for metadata", rawFile('{"__metadata__":"a"}'), /in place of '{'/],
  [
    "an unknown field",
    rawFile('{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"__proto__":{}}}'),
    /tensor "x": "__proto__" is not a field/,
  ],
  [
    "no dtype",
    rawFile('{"x":{"shape":[0],"data_offsets":[0,0]}}'),
    /tensor "x": the dtype is missing/,
  ],
  [
    "no shape",
    rawFile('{"x":{"dtype":"U8","data_offsets":[0,0]}}'),
    /tensor "x": the shape is missing/,
  ],
  [
    "no offsets",
    rawFile('{"x":{"dtype":"U8","shape":[0]}}'),
    /tensor "x": the data_offsets are missing/,
  ],
  [
    "a wrong dtype",
    rawFile(one("F33", "[1]", "[0,4]"), 4),
    /tensor "x": the dtype "F33" is not one of F64,/,
  ],
  ["a lower-case dtype", rawFile(one("f32", "[1]", "[0,4]"), 4), /the dtype "f32" is not one of/],
  [
    "a dtype of the prototype",
    rawFile(one("toString", "[1]", "[0,4]"), 4),
    /the dtype "toString" is not one of/,
  ],
  [
    "a negative size",
    rawFile(one("U8", "[-1]", "[0,1]"), 1),
    /tensor "x": "-1" is not a whole number/,
  ],
  ["minus zero", rawFile(one("U8", "[-0]", "[0,0]")), /tensor "x": "-0" is not a whole number/],
  ["NaN", rawFile(one("U8", "[NaN]", "[0,0]")), /tensor "x": "NaN" is not a whole number/],
  ["a fraction", rawFile(one("U8", "[1.0]", "[0,1]"), 1), /"1.0" is not a whole number/],
  ["an exponent", rawFile(one("U8", "[1e0]", "[0,1]"), 1), /"1e0" is not a whole number/],
  ["a leading zero", rawFile(one("U8", "[01]", "[0,1]"), 1), /"01" is not a whole number/],
  ["a quoted size", rawFile(one("U8", '["1"]', "[0,1]"), 1), /is not a whole number/],
  ["no size after a comma", rawFile(one("U8", "[1,]", "[0,1]"), 1), /"" is not a whole number/],
  ["null for a shape", rawFile(one("U8", "null", "[0,1]"), 1), /in place of '\['/],
  ["a size of 2^53", rawFile(one("U8", "[9007199254740992]", "[0,1]"), 1), /is not a whole number/],
  [
    "a size of 10^400",
    rawFile(one("U8", `[1${"0".repeat(400)}]`, "[0,1]"), 1),
    /is not a whole number/,
  ],
  [
    "an overflowing shape",
    rawFile(one("F64", "[9007199254740991]", "[0,8]"), 8),
    /\[9007199254740991\] has too many elements/,
  ],
  [
    "an overflow hidden by a zero",
    rawFile(one("U8", "[4294967296,4294967296,0]", "[0,0]")),
    /has too many elements/,
  ],
  [
    "a product that wraps to 0 in 64 bits",
    rawFile(one("U8", "[4294967296,4294967296]", "[0,0]")),
    /has too many elements/,
  ],
  [
    "one offset",
    rawFile(one("U8", "[1]", "[0]"), 1),
    /the data_offsets \[0\] are not \[begin, end\]/,
  ],
  [
    "three offsets",
    rawFile(one("U8", "[1]", "[0,1,2]"), 1),
    /the data_offsets \[0, 1, 2\] are not/,
  ],
  [
    "offsets in reverse",
    rawFile(one("U8", "[1]", "[1,0]"), 1),
    /the data_offsets \[1, 0\] are not/,
  ],
  ["a negative offset", rawFile(one("U8", "[1]", "[-1,0]"), 1), /"-1" is not a whole number/],
  [
    "too few bytes for the shape",
    rawFile(one("F32", "[2,3]", "[0,23]"), 23),
    /F32 of shape \[2, 3\] takes 24 bytes but its range has 23/,
  ],
  [
    "bytes for an empty tensor",
    rawFile(one("F32", "[0]", "[0,4]"), 4),
    /takes 0 bytes but its range has 4/,
  ],
  ["no bytes for a scalar", rawFile(one("F32", "[]", "[0,0]")), /F32 of shape \[\] takes 4 bytes/],
  [
    "a shape of 50,000 sizes",
    rawFile(one("U8", longShape, "[0,0]")),
    /shape \[1, 1, 1, 1, 1, 1, 1, 1, \.\.\.\] takes 1/,
  ],
  [
    "an overlap",
    rawFile(`{${entry("a", "U8", "[4]", "[0,4]")},${entry("b", "U8", "[4]", "[2,6]")}}`, 6),
    /tensor "b": its bytes overlap/,
  ],
  [
    "two names for the same bytes",
    rawFile(`{${entry("a", "U8", "[4]", "[0,4]")},${entry("b", "U8", "[4]", "[0,4]")}}`, 4),
    /tensor "b": its bytes overlap/,
  ],
  [
    "an empty tensor inside another",
    rawFile(`{${entry("a", "U8", "[4]", "[0,4]")},${entry("b", "U8", "[0]", "[2,2]")}}`, 4),
    /tensor "b": its bytes overlap/,
  ],
  [
    "a gap at the start",
    rawFile(one("U8", "[1]", "[1,2]"), 2),
    /tensor "x": 1 bytes before it belong to no tensor/,
  ],
  [
    "a gap",
    rawFile(`{${entry("a", "U8", "[1]", "[0,1]")},${entry("b", "U8", "[1]", "[3,4]")}}`, 4),
    /tensor "b": 2 bytes before/,
  ],
  [
    "bytes after the last tensor",
    rawFile(one("U8", "[1]", "[0,1]"), 3),
    /its last 2 bytes belong to no tensor/,
  ],
  ["bytes without any tensor", rawFile("{}", 1), /its last 1 bytes belong to no tensor/],
  [
    "a truncated file",
    rawFile(one("U8", "[9]", "[0,9]"), 8),
    /tensor "x": its bytes end at \d+ but the file has only/,
  ],
  [
    "a tensor far out of range",
    rawFile(one("U8", "[9007199254740991]", "[0,9007199254740991]"), 8),
    /tensor "x": its bytes end at/,
  ],
  [
    "bytes that are no UTF-8",
    (() => {
      const bytes = rawFile("{...}");
      bytes[9] = 0xff;
      return bytes;
    })(),
    /the header is not UTF-8/,
  ],
  [
    "terminal escapes in a name",
    rawFile('{"\\u001b[2J\\u009b\\u2028":{}}'),
    /tensor "\\u001b\[2J\\u009b\\u2028": the dtype/,
  ],
  [
    "a very long name",
    rawFile(`{"${"n".repeat(100_000)}":{}}`),
    /tensor "n{80}\.\.\.": the dtype is missing/,
  ],
];

for (const [what, bytes, line] of hostile) {
  Deno.test(`a file with ${what} is refused in one line, in memory and on disk`, () =>
    withFolder(async (folder) => {
      const path = `${folder}/bad`;
      await Deno.writeFile(path, bytes);
      const refused = (label: string) => (error: unknown) => {
        assert.ok(error instanceof SafetensorsError, String(error));
        assert.equal(error.file, label);
        assert.ok(error.message.startsWith(`${label}: `));
        assert.match(error.message, line);
        // deno-lint-ignore no-control-regex
        assert.doesNotMatch(error.message, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        assert.ok(error.message.length < 500, "the line stays short");
        return true;
      };
      assert.throws(() => parseSafetensors(bytes, "label"), refused("label"));
      await assert.rejects(openSafetensors(path), refused(path));
    }));
}

Deno.test("a file of 5,000 tensors in reverse order is well-formed", async () => {
  const names = Array.from({ length: 5000 }, (_, i) => i);
  const header = names.map((i) => entry(`t${i}`, "U8", "[1]", `[${i},${i + 1}]`)).reverse();
  const file = parseSafetensors(rawFile(`{${header}}`, 5000), "many");
  assert.equal(file.names.length, 5000);
  assert.deepEqual(await file.readI32("t1234"), Int32Array.of(1235 % 256));
});

/** Numbers in [0, n) from a seed (a linear congruential generator, its upper bits). */
function generator(seed: number): (n: number) => number {
  return (n) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor(seed / 2 ** 32 * n);
  };
}

/** One or two random edits: bytes flipped, cut, doubled, exchanged, or a telling token put in. */
function mutated(source: Uint8Array, integer: (n: number) => number): Uint8Array<ArrayBuffer> {
  const tokens = [
    "-1",
    "NaN",
    "1e9",
    "9007199254740992",
    "null",
    "{",
    "}",
    "[",
    "]",
    ",",
    '"',
    "0",
  ];
  let bytes = [...source];
  for (let edits = 1 + integer(2); edits > 0; edits--) {
    const at = integer(bytes.length);
    const kind = integer(7);
    if (kind === 0) bytes[at] ^= 1 << integer(8);
    else if (kind === 1) bytes = bytes.slice(0, at + 1);
    else if (kind === 2) bytes.splice(at, 1 + integer(4));
    else if (kind === 3) bytes.splice(at, 0, ...bytes.slice(at, at + 1 + integer(40)));
    else if (kind === 4) bytes[at] = 0x30 + integer(10);
    else if (kind === 5) bytes[integer(8)] = integer(256);
    else bytes.splice(at, 0, ...new TextEncoder().encode(tokens[integer(tokens.length)]));
  }
  return Uint8Array.from(bytes);
}

Deno.test("each of 2,000 mutated files gives a UserError or reads whole", async () => {
  const source = rawFile(
    `{"__metadata__":{"format":"pt"},${entry("a.weight", "F32", "[20,3]", "[0,240]")},` +
      `${entry("a.bias", "F16", "[3]", "[240,246]")},${entry("n", "I64", "[]", "[246,254]")},` +
      `${entry("none", "U8", "[0]", "[254,254]")},${entry("m", "BOOL", "[2]", "[254,256]")}}`,
    256,
  );
  const integer = generator(20);
  const count = { read: 0, refused: 0 };
  for (let i = 0; i < 2000; i++) {
    const bytes = mutated(source, integer);
    try {
      const file = parseSafetensors(bytes, "mutated");
      let total = 0;
      for (const name of file.names) {
        const tensor = await file.read(name);
        const values = await file.readF32(name);
        assert.equal(values.length, tensor.shape.reduce((a, b) => a * b, 1));
        total += tensor.bytes.length;
      }
      const headerBytes = new DataView(bytes.buffer).getUint32(0, true);
      assert.equal(total, bytes.length - 8 - headerBytes, "the tensors cover the data");
      count.read++;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      assert.doesNotMatch(error.message, /[\r\n]/);
      count.refused++;
    }
  }
  assert.ok(count.read > 100 && count.refused > 1000, JSON.stringify(count));
});
