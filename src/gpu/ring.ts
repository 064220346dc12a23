/**
 * A list that forgets its oldest items.
 *
 * @module
 */

/**
 * Keeps the last `capacity` items, in the memory that these take.
 *
 * @example
 * ```ts
 * import { Ring } from "./ring.ts";
 * import assert from "node:assert/strict";
 *
 * const ring = new Ring<number>(2);
 * for (const item of [1, 2, 3]) ring.push(item);
 * assert.deepEqual([...ring], [2, 3]);
 * assert.equal(ring.forgotten, 1);
 * ```
 */
export class Ring<T> implements Iterable<T> {
  readonly #items: T[] = [];
  #pushed = 0;

  constructor(readonly capacity: number) {}

  /** Items that are no longer there. */
  get forgotten(): number {
    return Math.max(0, this.#pushed - this.capacity);
  }

  push(item: T): void {
    this.#items[this.#pushed++ % this.capacity] = item;
  }

  /** The items that are left, oldest first. */
  *[Symbol.iterator](): Generator<T, void> {
    for (let i = this.forgotten; i < this.#pushed; i++) yield this.#items[i % this.capacity];
  }
}
