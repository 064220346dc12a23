import { deepStrictEqual } from "node:assert/strict";
import { align } from "../../src/gpu/clock.ts";

/** A submit at host time 1000 + `at` whose work took 10 ms, seen late by so much on either side. */
const seen = (at: number, before: number, after: number, drift = 0) => ({
  submitted: 1000 + at - before,
  begin: at + drift,
  end: at + 10 + drift,
  over: 1010 + at + after,
});

Deno.test("clocks are aligned by the tightest bounds of all submits", () => {
  deepStrictEqual(align([seen(0, 6, 2), seen(20, 4, 8)]), { offset: 999, error: 3 });
});

Deno.test("clocks that drift apart are taken in the middle, and the error says so", () => {
  deepStrictEqual(align([seen(0, 0, 0), seen(20, 0, 0, 4)]), { offset: 998, error: 2 });
});

Deno.test("without a submit there is nothing to align", () => {
  deepStrictEqual(align([]), { offset: 0, error: 0 });
});
