import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { philox, Random } from "../../src/tensor/random.ts";

Deno.test("philox() gives the published known answers of Philox4x32-10", () => {
  const ones = 0xffffffff;
  deepStrictEqual(philox([0, 0, 0, 0], [0, 0]), [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  deepStrictEqual(philox([ones, ones, ones, ones], [ones, ones]), [
    0x408f276d,
    0x41c83b0e,
    0xa20bc7c6,
    0x6d5451fd,
  ]);
  deepStrictEqual(
    philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  );
});

Deno.test("a stream is a pure function of seed and stream numbers", () => {
  const draw = (seed: number, stream: [number, number?, number?]) => {
    const random = new Random(seed, stream);
    return Array.from({ length: 9 }, () => random.uint32());
  };
  const first = draw(1, [2, 3, 4]);
  deepStrictEqual(draw(1, [2, 3, 4]), first);
  for (const other of [draw(2, [2, 3, 4]), draw(1, [3, 3, 4]), draw(1, [2, 4, 4]), draw(1, [2])]) {
    ok(other.every((x, i) => x !== first[i]));
  }
});

Deno.test("integer() has no bias where the modulus does not divide 2^32", () => {
  // With n = 3 * 2^30 a plain modulus would hit the lowest third twice as often as the others.
  const random = new Random(7, [0]), n = 3 * 2 ** 30, thirds = [0, 0, 0];
  for (let i = 0; i < 30_000; i++) thirds[Math.floor(random.integer(n) / 2 ** 30)]++;
  // Five standard deviations.
  for (const count of thirds) ok(Math.abs(count - 10_000) < 5 * 82, String(thirds));
});

Deno.test("integer() takes every range from 1 to 2^32 and no other", () => {
  const random = new Random(7, [0]);
  strictEqual(random.integer(1), 0);
  const twin = new Random(7, [0]);
  twin.uint32();
  strictEqual(random.integer(2 ** 32), twin.uint32());
  for (const n of [0, -1, 1.5, NaN, 2 ** 32 + 1]) throws(() => random.integer(n), RangeError);
});

Deno.test("uniform() stays below 1 and normal() has mean 0 and variance 1", () => {
  const random = new Random(3, [1]), n = 20_000;
  let sum = 0, squares = 0;
  for (let i = 0; i < n; i++) {
    const u = random.uniform(), z = random.normal();
    ok(u >= 0 && u < 1 && Number.isFinite(z));
    strictEqual(u, Math.fround(u));
    sum += z;
    squares += z * z;
  }
  ok(Math.abs(sum / n) < 5 / Math.sqrt(n));
  ok(Math.abs(squares / n - 1) < 5 * Math.sqrt(2 / n));
});

Deno.test("permutation() holds every number once, and every order of three comes up alike", () => {
  const random = new Random(5, [2]);
  for (const n of [0, 1, 2, 33]) {
    deepStrictEqual([...random.permutation(n)].sort((a, b) => a - b), [...Array(n).keys()]);
  }
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = String(random.permutation(3));
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  strictEqual(counts.size, 6);
  for (const count of counts.values()) ok(Math.abs(count - 1000) < 5 * 29);
});
