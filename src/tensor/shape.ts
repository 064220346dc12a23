/**
 * Shapes of tensors: lists of non-negative sizes, outermost first.
 *
 * @module
 */

/** Sizes of a tensor's dimensions, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/**
 * How many elements a shape has.
 *
 * @throws {RangeError} if a size is negative or no integer.
 */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) {
    const n = shape[i];
    if (!(Number.isInteger(n) && n >= 0)) throw new RangeError(`[${shape}] is no shape`);
    size *= n;
  }
  return size;
}

/** Whether two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/**
 * The shape that two shapes broadcast to: aligned at the last dimension, a size of 1 stretches.
 *
 * @throws {RangeError} if they do not broadcast.
 *
 * @example
 * ```ts
 * import { broadcastShapes } from "./shape.ts";
 * import { deepStrictEqual } from "node:assert/strict";
 * deepStrictEqual(broadcastShapes([5, 1, 3], [4, 1]), [5, 4, 3]);
 * ```
 */
export function broadcastShapes(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a[i - rank + a.length] ?? 1, n = b[i - rank + b.length] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new RangeError(`shapes [${a}] and [${b}] do not broadcast`);
    }
    return m === 1 ? n : m;
  });
}

/**
 * Resolves a reshape; one size may be -1 and is then inferred.
 *
 * @throws {RangeError} if the number of elements differs.
 */
export function resolveShape(shape: Shape, size: number): number[] {
  const known = shape.reduce((p, n) => n === -1 ? p : p * n, 1);
  const resolved = shape.map((n) => n === -1 ? size / known : n);
  const valid = resolved.every((n) => Number.isInteger(n) && n >= 0);
  if (!valid || sizeOf(resolved) !== size) {
    throw new RangeError(`${size} elements do not reshape to [${shape}]`);
  }
  return resolved;
}
