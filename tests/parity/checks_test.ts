import assert from "node:assert/strict";
import { Checks, Mismatch } from "./checks.ts";
import { EXACT } from "./tolerance.ts";

Deno.test("an element beyond its tolerance fails, and one on it passes", () => {
  const checks = new Checks(), tolerance = { atol: 0.5, rtol: 0.25, ofMax: false };
  checks.close("x", [2], [2], tolerance);
  checks.close("x", [3], [2], tolerance);
  assert.throws(
    () => checks.close("x", [0, 3.01], [0, 2], tolerance),
    /x\[1\] is 3\.01 instead of 2/,
  );
});

Deno.test("a tolerance of the largest element holds for the small ones too", () => {
  const checks = new Checks(), tolerance = { atol: 0, rtol: 0.1, ofMax: true };
  checks.close("g", [1, 10], [0, 10], tolerance);
  assert.throws(() => checks.close("g", [1.5, 10], [0, 10], tolerance), Mismatch);
});

Deno.test("NaN passes where the reference has NaN and nowhere else", () => {
  const checks = new Checks(), wide = { atol: Infinity, rtol: 0, ofMax: false };
  checks.close("x", [NaN], [NaN], EXACT);
  assert.throws(() => checks.close("x", [NaN], [1], wide), Mismatch);
  assert.throws(() => checks.close("x", [1], [NaN], wide), Mismatch);
});

Deno.test("an infinity passes only as itself, and zeros of either sign are equal", () => {
  const checks = new Checks();
  checks.equal("x", [Infinity, -0], [Infinity, 0]);
  assert.throws(() => checks.equal("x", [-Infinity], [Infinity]), Mismatch);
});

Deno.test("a missing or a surplus element fails", () => {
  assert.throws(() => new Checks().close("x", [1, 2], [1], EXACT), /2 elements instead of 1/);
});

Deno.test("what is told of a case is the comparison that came nearest to failing", () => {
  const checks = new Checks(), tolerance = { atol: 1, rtol: 0, ofMax: false };
  checks.close("x", [0.5, 0.25], [0, 0], tolerance);
  checks.close("y", [8], [0], { ...tolerance, atol: 100 });
  assert.deepEqual(checks.worst, { error: 0.5, tolerance: 1 });
  assert.equal(checks.count, 2);
});
