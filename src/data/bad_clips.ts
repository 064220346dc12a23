/**
 * Clips that cannot be decoded: what becomes of them, and how many there may be.
 *
 * @module
 */

import { PlaceError, UserError } from "../errors.ts";
import type { Sample } from "./dataset.ts";
import type { FullOptions } from "./loader_options.ts";

/** The bad clips that a loader came upon. */
export class BadClips {
  /** Why clips are bad, by their keys. */
  readonly #reasons = new Map<string, string>();

  /** @param name The data set's name, for messages. */
  constructor(
    private readonly name: string,
    private readonly options: Pick<FullOptions, "badVideo" | "maxBad" | "onBad">,
  ) {}

  /** How many there are. */
  get count(): number {
    return this.#reasons.size;
  }

  /** Whether the clip under `key` is known to be bad. */
  has(key: string): boolean {
    return this.#reasons.has(key);
  }

  /**
   * Takes note of what went wrong with a clip.
   *
   * @throws UserError where no clip may be bad, or more are than may be.
   * @throws `error` itself where it does not tell of a bad clip.
   */
  add(key: string, sample: Sample, error: unknown): void {
    const { badVideo, maxBad, onBad } = this.options;
    if (!(error instanceof UserError) || error instanceof PlaceError) throw error;
    if (badVideo === "fail") throw error;
    if (this.has(key)) return;
    this.#reasons.set(key, error.message);
    onBad(error.message, sample);
    if (this.count <= maxBad) return;
    const [first] = this.#reasons.values();
    throw new UserError(
      `more than ${maxBad} clips of ${this.name} are bad (--max_bad sets the limit), the first: ${first}`,
    );
  }
}
