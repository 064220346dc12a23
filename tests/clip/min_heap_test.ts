import assert from "node:assert/strict";
import { MinHeap } from "../../src/clip/min_heap.ts";

Deno.test("a heap gives numbers back in ascending order, also while it takes more", () => {
  const heap = new MinHeap(), rest: number[] = [];
  let state = 5;
  for (let i = 0; i < 2000; i++) {
    state = Math.imul(state, 1664525) + 1013904223 >>> 0;
    if (state % 3 > 0 || heap.size === 0) {
      const value = state % 1000;
      heap.push(value);
      rest.push(value);
    } else {
      rest.sort((a, b) => a - b);
      assert.equal(heap.least, rest[0]);
      assert.equal(heap.pop(), rest.shift());
    }
    assert.equal(heap.size, rest.length);
  }
  assert.deepEqual(rest.map(() => heap.pop()), rest.toSorted((a, b) => a - b));
  assert.equal(heap.least, undefined);
});
