import { ok, strictEqual } from "node:assert/strict";
import type { Batch } from "../../src/data/loader.ts";
import { Meter } from "../../src/train/meter.ts";

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Batches that each take some milliseconds. */
async function* batches(...times: number[]): AsyncGenerator<Batch> {
  for (const ms of times) {
    await sleep(ms);
    yield { samples: [{}, {}] } as unknown as Batch;
  }
}

/** The share that the GPU waited, where each batch is `load` ms on the way and `work` ms of work. */
async function waited(load: number, work: number) {
  const meter = new Meter();
  for await (const batch of meter.waiting(batches(load, load, load))) {
    meter.working(sleep(work));
    meter.count([batch]);
  }
  return { meter, share: meter.total.gpu_wait_share };
}

Deno.test("the GPU waits for data only while it has nothing to do", async () => {
  const { meter, share: idle } = await waited(60, 0), rates = meter.read();
  const { share: busy } = await waited(60, 500);
  const { share: half } = await waited(100, 50);
  ok(idle > 0.9 && idle <= 1, `${idle}`);
  ok(busy > 0.2 && busy < 0.45, `${busy}: of three waits the first`);
  ok(half > 0.5 && half < 0.85, `${half}: the first wait, and half of the others`);
  const { data_seconds, batch_seconds, gpu_wait_share, samples_per_second } = rates;
  ok(data_seconds > 0.05 && data_seconds <= batch_seconds);
  ok(gpu_wait_share > 0.9 && gpu_wait_share <= 1);
  ok(samples_per_second > 5);
  strictEqual(meter.last, samples_per_second);
});

Deno.test("a device that fails is not the meter's business", async () => {
  const meter = new Meter();
  meter.working(Promise.reject(new Error("lost")));
  await sleep(0);
  strictEqual(meter.total.gpu_wait_share, 0);
});
