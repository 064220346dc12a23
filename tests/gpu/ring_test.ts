import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { Ring } from "../../src/gpu/ring.ts";

Deno.test("a ring keeps the last items in order and counts those that are gone", () => {
  for (const pushed of [0, 1, 2, 3, 4, 7, 9]) {
    const ring = new Ring<number>(3), all = Array.from({ length: pushed }, (_, i) => i);
    for (const item of all) ring.push(item);
    deepStrictEqual([...ring], all.slice(-3));
    strictEqual(ring.forgotten, Math.max(0, pushed - 3));
  }
});
