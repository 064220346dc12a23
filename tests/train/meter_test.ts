import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Batch } from "../../src/data/loader.ts";
import { Meter } from "../../src/train/meter.ts";

const idle = () => new Promise<void>((resolve) => setTimeout(resolve));

/** Time that passes once nothing is left to do at the moment. */
class Clock {
  now = 0;
  readonly #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers.push({ until: this.now + ms, wake });
    });
  }

  /** Lets time pass until `work` is done. */
  async passUntil(work: Promise<void>): Promise<void> {
    let done = false;
    const end = () => done = true;
    work.then(end, end);
    for (await idle(); !done; await idle()) {
      const next = this.#sleepers.sort((a, b) => a.until - b.until).shift()!;
      this.now = next.until;
      next.wake();
    }
    await work;
  }
}

/** Batches that each take some milliseconds. */
async function* batches(clock: Clock, ...times: number[]): AsyncGenerator<Batch> {
  for (const ms of times) {
    await clock.sleep(ms);
    yield { samples: [{}, {}] } as unknown as Batch;
  }
}

/** The share that the GPU waited, where each batch is `load` ms on the way and `work` ms of work. */
async function waited(load: number, work: number) {
  const clock = new Clock(), meter = new Meter(() => clock.now);
  const run = async () => {
    for await (const batch of meter.waiting(batches(clock, load, load, load))) {
      meter.working(clock.sleep(work));
      meter.count([batch]);
    }
  };
  await clock.passUntil(run());
  return { meter, share: meter.total.gpu_wait_share };
}

Deno.test("the GPU waits for data only while it has nothing to do", async () => {
  const { meter, share: always } = await waited(60, 0), rates = meter.read();
  const { share: busy } = await waited(60, 500);
  const { share: half } = await waited(100, 50);
  strictEqual(always, 1);
  strictEqual(busy, 60 / 180, "of three waits the first");
  strictEqual(half, (100 + 50 + 50) / 300, "the first wait, and half of the others");
  deepStrictEqual(rates, {
    samples_per_second: 6 / 0.18,
    data_seconds: 0.06,
    batch_seconds: 0.06,
    gpu_wait_share: 1,
  });
  strictEqual(meter.last, rates.samples_per_second);
});

Deno.test("a device that fails is not the meter's business", async () => {
  const meter = new Meter();
  meter.working(Promise.reject(new Error("lost")));
  await idle();
  strictEqual(meter.total.gpu_wait_share, 0);
});
