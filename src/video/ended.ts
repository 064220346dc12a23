/**
 * Programs that are ended from outside: by the system where memory runs out, by a Ctrl-C that reaches
 * every process of a terminal. That says little of the video.
 *
 * @module
 */

import { UserError } from "../errors.ts";

/** A program was ended before it was done. */
export class Ended extends Error {
  /** Name of the class, as `String(error)` begins. */
  override name = "Ended";
}

/**
 * Does `work`, and once more where its program was ended.
 *
 * @param name The video, as messages begin.
 * @throws {UserError} naming the video whose program was ended twice.
 */
export async function retryEnded<T>(name: string, work: () => Promise<T>): Promise<T> {
  for (let time = 1;; time++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Ended)) throw error;
      if (time === 2) throw endedTwice(name, error.message);
    }
  }
}

/** The error of a video that ends what works on it. */
export function endedTwice(name: string, how: string): UserError {
  return new UserError(`${name} cannot be read (twice ${how}); free memory, or replace the file`);
}
