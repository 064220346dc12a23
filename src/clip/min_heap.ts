/**
 * A heap of numbers.
 *
 * @module
 */

/** Numbers of which the least is always at hand: a binary heap. */
export class MinHeap {
  readonly #values: number[] = [];

  /** How many there are. */
  get size(): number {
    return this.#values.length;
  }

  /** The least; undefined where there is none. */
  get least(): number {
    return this.#values[0];
  }

  /** Adds a number. */
  push(value: number): void {
    const values = this.#values;
    let at = values.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (values[parent] <= value) break;
      values[at] = values[parent];
      at = parent;
    }
    values[at] = value;
  }

  /** Takes the least out; there must be one. */
  pop(): number {
    const values = this.#values, least = values[0], value = values.pop()!;
    const { length } = values;
    if (length === 0) return least;
    let at = 0;
    for (let child = 1; child < length; child = 2 * at + 1) {
      if (child + 1 < length && values[child + 1] < values[child]) child++;
      if (values[child] >= value) break;
      values[at] = values[child];
      at = child;
    }
    values[at] = value;
    return least;
  }
}
