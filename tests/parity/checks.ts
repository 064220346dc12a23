/**
 * Compares results with their references, and remembers the comparison that came nearest to failing.
 *
 * @module
 */
import { EXACT, type Tolerance } from "./tolerance.ts";

/** A result that is not the reference's. */
export class Mismatch extends Error {
  override name = "Mismatch";
}

/** The comparisons of one case. */
export class Checks {
  /** Number of comparisons so far. */
  count = 0;
  /** The error that came nearest to its tolerance, and that tolerance. */
  worst = { error: 0, tolerance: 0 };
  #nearest = -1;

  /**
   * Compares numbers element by element: |actual - expected| <= atol + rtol |expected|. NaN must meet
   * NaN, and an infinity itself.
   *
   * @throws {Mismatch} where a length differs or an element is out of tolerance.
   */
  close(
    what: string,
    actual: ArrayLike<number>,
    expected: ArrayLike<number>,
    tolerance: Tolerance,
  ): void {
    const scale = tolerance.ofMax ? largest(expected) : undefined;
    const allowed = (i: number) =>
      tolerance.atol + tolerance.rtol * (scale ?? Math.abs(expected[i]));
    this.#compare(what, actual, expected, allowed);
  }

  /** As {@link Checks.close}, with an allowance for each element. */
  within(
    what: string,
    actual: ArrayLike<number>,
    expected: ArrayLike<number>,
    allowed: ArrayLike<number>,
  ): void {
    this.#compare(what, actual, expected, (i) => allowed[i]);
  }

  /** Compares numbers that must be equal. */
  equal(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
    this.close(what, actual, expected, EXACT);
  }

  /** Compares values of any kind that must be equal, by their JSON. */
  same(what: string, actual: unknown, expected: unknown): void {
    this.count++;
    const [a, b] = [actual, expected].map((value) => JSON.stringify(value) ?? "nothing");
    if (a !== b) throw new Mismatch(`${what} is ${a.slice(0, 80)} instead of ${b.slice(0, 80)}`);
  }

  /** Demands a condition that no single number expresses. */
  holds(what: string, condition: boolean): void {
    this.count++;
    if (!condition) throw new Mismatch(what);
  }

  #compare(
    what: string,
    actual: ArrayLike<number>,
    expected: ArrayLike<number>,
    allowedAt: (i: number) => number,
  ): void {
    if (actual.length !== expected.length) {
      throw new Mismatch(`${what} has ${actual.length} elements instead of ${expected.length}`);
    }
    this.count++;
    for (let i = 0; i < expected.length; i++) {
      if (Object.is(actual[i], expected[i])) continue;
      const error = actual[i] === expected[i] ? 0 : Math.abs(actual[i] - expected[i]);
      const allowed = allowedAt(i);
      // Written so that a NaN fails.
      if (!(error <= allowed)) {
        const place = expected.length > 1 ? `${what}[${i}]` : what;
        throw new Mismatch(
          `${place} is ${actual[i]} instead of ${expected[i]}: off by ${brief(error)}, allowed ${
            brief(allowed)
          }`,
        );
      }
      this.#note(error, allowed);
    }
  }

  #note(error: number, tolerance: number): void {
    const ratio = tolerance === 0 ? 0 : error / tolerance;
    if (ratio <= this.#nearest) return;
    this.#nearest = ratio;
    this.worst = { error, tolerance };
  }
}

/** The largest magnitude; NaN is passed over. */
function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(values[i]) > most) most = Math.abs(values[i]);
  }
  return most;
}

/** A number in few characters. */
export function brief(value: number): string {
  return Number.isInteger(value) && value < 1000 ? String(value) : value.toExponential(1);
}
