/**
 * Random draws of the original, put in the place of this project's own.
 *
 * @module
 */

/**
 * Hands out recorded draws in turn.
 *
 * @throws {RangeError} where a draw is not in the range asked for, or none is left.
 */
export function replay(draws: readonly number[]): (n: number) => number {
  let next = 0;
  return (n) => {
    const draw = draws[next++];
    if (!(draw >= 0 && draw < n)) throw new RangeError(`draw ${next} is ${draw}, not below ${n}`);
    return draw;
  };
}
