import { deepStrictEqual } from "node:assert/strict";
import { without } from "../../src/train/intervals.ts";

const intervals = (...ends: [number, number][]) => ends.map(([begin, end]) => ({ begin, end }));

Deno.test("holes cut intervals, whatever their place", () => {
  const long = intervals([0, 10]);
  deepStrictEqual(without(long, []), long);
  deepStrictEqual(without(long, intervals([-5, 0], [10, 12])), long);
  deepStrictEqual(without(long, intervals([-5, 12])), []);
  deepStrictEqual(without(long, intervals([-1, 1], [4, 4], [9, 11])), intervals([1, 4], [4, 9]));
  deepStrictEqual(without([], long), []);
});

Deno.test("one hole may cut two intervals, and holes may overlap", () => {
  deepStrictEqual(
    without(intervals([0, 4], [6, 10], [12, 14]), intervals([1, 8], [2, 3], [9, 13])),
    intervals([0, 1], [8, 9], [13, 14]),
  );
});

Deno.test("what is left agrees with counting, for random intervals", () => {
  let state = 7;
  const random = (n: number) => (state = state * 48271 % 2147483647) % n;
  for (let round = 0; round < 200; round++) {
    const some = [], holes = [];
    for (let at = random(5); at < 60; at += 1 + random(9)) {
      some.push({ begin: at, end: at += random(9) });
    }
    for (let at = random(5); at < 60; at += random(9)) {
      holes.push({ begin: at, end: at + random(12) });
    }
    const inside = (list: { begin: number; end: number }[], t: number) =>
      list.some(({ begin, end }) => begin <= t && t < end);
    const left = without(some, holes);
    for (let t = 0; t < 80; t++) {
      deepStrictEqual(inside(left, t), inside(some, t) && !inside(holes, t), `round ${round}`);
    }
  }
});
