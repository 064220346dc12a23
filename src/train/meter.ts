/**
 * How fast a run goes, and how long it waits for its data.
 *
 * @module
 */
import type { Batch } from "../data/loader.ts";

/** Rates since the last record. */
export class Meter {
  #since = performance.now();
  #waited = 0;
  #pairs = 0;
  #steps = 0;
  /** Pairs a second when last read. */
  last = 0;

  /** Passes batches on and counts the time that they keep the run waiting. */
  async *waiting(batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    const iterator = batches[Symbol.asyncIterator]();
    try {
      for (;;) {
        const asked = performance.now();
        const { value, done } = await iterator.next();
        this.#waited += performance.now() - asked;
        if (done) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  count(parts: readonly Batch[]): void {
    this.#steps++;
    for (const { samples } of parts) this.#pairs += samples.length;
  }

  /** The rates, as a record has them; counting starts again. */
  read() {
    const now = performance.now(), seconds = (now - this.#since) / 1000;
    this.last = this.#pairs / seconds;
    const rates = {
      samples_per_second: this.last,
      data_seconds: this.#waited / 1000 / this.#steps,
      batch_seconds: seconds / this.#steps,
    };
    this.#since = now;
    this.#waited = this.#pairs = this.#steps = 0;
    return rates;
  }
}
