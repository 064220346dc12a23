/**
 * What becomes of a file that has come: a video under its name, as it came or compressed.
 *
 * @module
 */

import { UserError } from "../../errors.ts";
import { removeLeftovers, writeAtomicBy } from "../../io/atomic.ts";
import type { CompressOptions } from "../../video/compress.ts";
import { openCompressor } from "../../video/compressor.ts";
import { type Decoder, openDecoder } from "../../video/decode.ts";
import type { DecoderName } from "../../video/engine.ts";

/** Makes the file `target` of the one at `part`. Dispose of it, or the process does not end. */
export interface Finisher extends Disposable {
  /**
   * @throws {UserError} whose message begins with `part` where that is no whole video; any other where
   *   the file system refuses.
   */
  finish(part: string, target: string): Promise<void>;
}

/** Which ffmpeg works, and how many videos at a time. */
interface Workers {
  readonly prefer: DecoderName;
  readonly workers: number;
}

/** Keeps videos as they come. They are decoded to the end all the same, to see whether they are whole. */
export function keeping(workers: Workers): Finisher {
  let decoder: Promise<Decoder> | undefined;
  return {
    async finish(path, target) {
      const opened = await (decoder ??= openDecoder(workers));
      await opened.decode({ path }, { choose: { rule: "uniform", frames: 1 } });
      try {
        await Deno.rename(path, target);
      } catch (error) {
        throw new UserError(`cannot write ${target} (${(error as Error).message})`);
      }
    },
    [Symbol.dispose]() {
      decoder?.then((opened) => opened.close(), () => {});
    },
  };
}

/**
 * Compresses videos.
 *
 * @throws {UserError} where no ffmpeg that can do so is to be had.
 */
export async function compressing(workers: Workers, options: CompressOptions): Promise<Finisher> {
  const compressor = await openCompressor(workers), seats = new Seats(workers.workers);
  return {
    async finish(path, target) {
      await removeLeftovers(target);
      await seats.take(() =>
        writeAtomicBy(
          target,
          (output) => compressor.compress({ path, output, name: target, ...options }),
        )
      );
    },
    [Symbol.dispose]: () => compressor[Symbol.dispose](),
  };
}

/** So many at a time; others wait in their order. */
class Seats {
  readonly #waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }
}
