/**
 * How fast a run goes, and how long it waits for its data.
 *
 * @module
 */
import type { Batch } from "../data/loader.ts";

/** Rates since the last record, and since the meter was made. */
export class Meter {
  readonly #now: () => number;
  readonly #begin: number;
  #since: number;
  #waited = 0;
  #gpuWaited = 0;
  #gpuWaitedBefore = 0;
  #pairs = 0;
  #steps = 0;
  /** When the GPU ran out of work; Infinity while it has some. */
  #idleSince = -Infinity;
  #works = 0;
  /** Pairs a second when last read. */
  last = 0;

  /** @param now Tells the time in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#begin = this.#since = now();
  }

  /** Passes batches on and counts the time that they keep the run waiting, and the GPU. */
  async *waiting(batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    const iterator = batches[Symbol.asyncIterator]();
    try {
      for (;;) {
        const asked = this.#now();
        const { value, done } = await iterator.next();
        const now = this.#now();
        this.#waited += now - asked;
        this.#gpuWaited += Math.max(0, now - Math.max(asked, this.#idleSince));
        if (done) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  /** Tells that the GPU has work, and that it has none once `idle` comes, unless it was given more meanwhile. */
  working(idle: Promise<void>): void {
    const work = ++this.#works;
    this.#idleSince = Infinity;
    // A failure is the business of those who wait for the device.
    idle.then(() => {
      if (work === this.#works) this.#idleSince = this.#now();
    }, () => {});
  }

  count(parts: readonly Batch[]): void {
    this.#steps++;
    for (const { samples } of parts) this.#pairs += samples.length;
  }

  /** The rates, as a record has them; counting starts again. */
  read() {
    const now = this.#now(), seconds = (now - this.#since) / 1000;
    this.last = this.#pairs / seconds;
    const rates = {
      samples_per_second: this.last,
      data_seconds: this.#waited / 1000 / this.#steps,
      batch_seconds: seconds / this.#steps,
      gpu_wait_share: this.#gpuWaited / 1000 / seconds,
    };
    this.#since = now;
    this.#gpuWaitedBefore += this.#gpuWaited;
    this.#waited =
      this.#gpuWaited =
      this.#pairs =
      this.#steps =
        0;
    return rates;
  }

  /** Seconds since the meter was made, and the share of them that the GPU waited for data. */
  get total(): { seconds: number; gpu_wait_share: number } {
    const ms = this.#now() - this.#begin;
    const gpu_wait_share = (this.#gpuWaitedBefore + this.#gpuWaited) / ms;
    return { seconds: ms / 1000, gpu_wait_share };
  }
}
