import assert from "node:assert/strict";
import { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from "../../src/io/half.ts";

/** A binary float by its definition: sign, `exponentBits`, `fractionBits`. */
function byDefinition(bits: number, exponentBits: number, fractionBits: number): number {
  const bias = 2 ** (exponentBits - 1) - 1;
  const fraction = bits % 2 ** fractionBits;
  const exponent = Math.floor(bits / 2 ** fractionBits) % 2 ** exponentBits;
  const sign = bits >= 2 ** (exponentBits + fractionBits) ? -1 : 1;
  if (exponent === 2 ** exponentBits - 1) return fraction ? NaN : sign * Infinity;
  const scaled = exponent === 0 ? fraction : fraction + 2 ** fractionBits;
  return sign * scaled * 2 ** (Math.max(exponent, 1) - bias - fractionBits);
}

const formats = [
  { name: "f16", exponent: 5, fraction: 10, widen: f16ToF32, narrow: f32ToF16 },
  { name: "bf16", exponent: 8, fraction: 7, widen: bf16ToF32, narrow: f32ToBf16 },
];
const everyPattern = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

for (const { name, exponent, fraction, widen, narrow } of formats) {
  const infinity = (2 ** exponent - 1) * 2 ** fraction;

  Deno.test(`${name} widens every one of its bit patterns exactly`, () => {
    const expected = Array.from(everyPattern, (bits) => byDefinition(bits, exponent, fraction));
    assert.deepEqual(Array.from(widen(everyPattern)), expected);
  });

  Deno.test(`${name} comes back unchanged from f32, and a NaN stays a NaN`, () => {
    const back = narrow(widen(everyPattern));
    for (const bits of everyPattern) {
      if ((bits & 0x7fff) > infinity) assert.ok((back[bits] & 0x7fff) > infinity, `${bits}`);
      else assert.equal(back[bits], bits);
    }
  });

  Deno.test(`${name} rounds every midpoint to even and its neighbours to the nearest`, () => {
    // The last midpoint lies between the greatest finite value and the next power of two.
    const values = widen(everyPattern.subarray(0, infinity));
    const next = [...values.subarray(1), 2 ** (2 ** (exponent - 1))];
    const midpoints = Float32Array.from(values, (value, i) => value / 2 + next[i] / 2);
    const words = new Uint32Array(midpoints.buffer);
    const below = new Float32Array(words.map((word) => word - 1).buffer);
    const above = new Float32Array(words.map((word) => word + 1).buffer);
    for (const sign of [0, 0x8000]) {
      const signed = (array: Float32Array) => narrow(array.map((value) => sign ? -value : value));
      const [low, middle, high] = [signed(below), signed(midpoints), signed(above)];
      for (let bits = 0; bits < infinity; bits++) {
        assert.equal(low[bits], sign | bits);
        assert.equal(middle[bits], sign | (bits + (bits & 1)));
        assert.equal(high[bits], sign | (bits + 1));
      }
    }
  });

  Deno.test(`${name} narrows f32's extremes to infinity, zero and NaN`, () => {
    const tiny = 2 ** -149;
    const [big, small, minus, nan] = narrow(
      Float32Array.of(3.4028234663852886e38, tiny, -tiny, NaN),
    );
    assert.deepEqual([big, small, minus], [infinity, 0, 0x8000]);
    assert.ok((nan & 0x7fff) > infinity);
  });

  Deno.test(`${name} reads and writes views that start inside a buffer, and empty ones`, () => {
    const bits = Uint16Array.of(9, 0x3f80, 0x4000).subarray(1);
    assert.deepEqual(narrow(Float32Array.from([7, ...widen(bits)]).subarray(1)), bits.slice());
    assert.deepEqual(narrow(widen(new Uint16Array(0))), new Uint16Array(0));
  });
}

Deno.test("a bf16 NaN whose payload lies only in the dropped half stays a NaN", () => {
  const nan = new Float32Array(Uint32Array.of(0x7f800001, 0xffffffff).buffer);
  assert.deepEqual(f32ToBf16(nan), Uint16Array.of(0x7fc0, 0xffff));
});
