import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Device } from "../../src/gpu/device.ts";
import { Profiler } from "../../src/gpu/profiler.ts";
import { SUBMIT_AFTER } from "../../src/gpu/stream.ts";
import { empty, type Tensor, zeros } from "../../src/tensor/tensor.ts";
import { counter, freshDevice } from "./fresh.ts";

const params = { step: 1, scale: 0 };
const count = (device: Device, y: Tensor, flops?: number) =>
  device.launch({ kernel: counter, entry: "count", bind: { y }, params, groups: [1], flops });

Deno.test("a profile tells the operations of launches, and each bound buffer's bytes once", async () => {
  using device = await freshDevice({ profile: true });
  const [x, y] = [zeros(device, "u32", [3]), zeros(device, "u32", [1])];
  count(device, y, 5);
  count(device, y, 7);
  device.launch({ kernel: counter, entry: "add", bind: { y, x }, groups: [1] });
  const { kernels, dispatches } = (await device.profile())!;
  const told = kernels.map(({ name, calls, flops, bytes }) => [name, calls, flops, bytes]);
  const add = x.bytes + y.bytes;
  deepStrictEqual(told.sort(), [
    ["counter.add", 1, 0, add],
    ["counter.count", 2, 12, 2 * y.bytes],
  ]);
  deepStrictEqual(dispatches.map(({ flops, bytes }) => [flops, bytes]), [
    [5, y.bytes],
    [7, y.bytes],
    [0, add],
  ]);
});

Deno.test("streams that are submitted while earlier times are unread lose none of them", async () => {
  using device = await freshDevice({ profile: true });
  const y = zeros(device, "u32", [1]), streams = 40;
  // Nothing is awaited: no time can be read before the last stream is submitted.
  for (let i = 1; i <= streams; i++) {
    for (let j = 0; j < i; j++) count(device, y, i);
    device.submit();
  }
  const { kernels: [sum], dispatches, forgotten } = (await device.profile())!;
  const calls = streams * (streams + 1) / 2;
  strictEqual(sum.calls, calls);
  strictEqual(forgotten, 0);
  deepStrictEqual(
    dispatches.map(({ flops }) => flops),
    Array.from({ length: streams }, (_, i) => new Array(i + 1).fill(i + 1)).flat(),
  );
  let end = -Infinity, ms = 0;
  for (const dispatch of dispatches) {
    ok(dispatch.begin >= end - 1e-9 && dispatch.end >= dispatch.begin, "times in order");
    ms += dispatch.end - dispatch.begin;
    end = dispatch.end;
  }
  ok(ms > 0 && Math.abs(ms - sum.ms) < 1e-6, `${ms} of ${sum.ms}`);
});

Deno.test("dispatches lie between their submit and the wait for them, within the clocks' error", async () => {
  using device = await freshDevice({ profile: true });
  const y = zeros(device, "u32", [1]);
  for (let i = 0; i < 5; i++) {
    count(device, y);
    await device.idle();
  }
  const { dispatches, submits, waits, recordings, clockError } = (await device.profile())!;
  const [submitted, recorded] = [submits, recordings].map((list) => list.slice(-5));
  deepStrictEqual(recorded.map(({ end }) => end), submitted.map(({ begin }) => begin));
  ok(clockError < 100, `${clockError} ms`);
  dispatches.forEach(({ begin, end }, i) => {
    ok(recorded[i].begin <= recorded[i].end);
    ok(begin >= submitted[i].begin - clockError - 1e-6, `${begin} after ${submitted[i].begin}`);
    ok(end <= waits[i].end + clockError + 1e-6, `${end} before ${waits[i].end}`);
  });
});

Deno.test("a profiler keeps so many dispatches and no more, in memory that does not grow", async () => {
  using device = await freshDevice();
  const { gpu } = device, kept = 10, streams = 50;
  let buffers = 0;
  const create = gpu.createBuffer.bind(gpu);
  gpu.createBuffer = (descriptor) => (buffers++, create(descriptor));
  const profiler = new Profiler(gpu, SUBMIT_AFTER, device["provider"].wait, kept);
  const staged = [];
  for (let i = 0; i < streams; i++) {
    profiler.begin();
    const encoder = gpu.createCommandEncoder();
    for (let j = 0; j < 4; j++) encoder.beginComputePass(profiler.pass(`kernel ${j}`)).end();
    profiler.resolve(encoder);
    gpu.queue.submit([encoder.finish()]);
    profiler.submitted(performance.now());
    await device.idle();
    await new Promise((resume) => setTimeout(resume, 2));
    staged.push(buffers);
  }
  const { kernels, dispatches, forgotten, submits } = await profiler.report();
  deepStrictEqual(kernels.map(({ calls }) => calls), new Array(4).fill(streams));
  deepStrictEqual(
    dispatches.map(({ name }) => name),
    Array.from({ length: kept }, (_, i) => `kernel ${(i + 2) % 4}`),
  );
  strictEqual(forgotten, 4 * streams - kept);
  strictEqual(submits.length, kept);
  strictEqual(staged[streams - 1], staged[streams / 2], "buffers are used again");
  profiler.destroy();
});

Deno.test("a report starts the next one afresh, and there is none without profile", async () => {
  using device = await freshDevice({ profile: true });
  const y = empty(device, "u32", [1]);
  count(device, y);
  strictEqual((await device.profile())!.dispatches.length, 1);
  const { kernels, dispatches, clockError } = (await device.profile())!;
  deepStrictEqual({ kernels, dispatches, clockError }, {
    kernels: [],
    dispatches: [],
    clockError: 0,
  });
  using plain = await freshDevice();
  strictEqual(await plain.profile(), undefined);
  deepStrictEqual(await plain.kernelTimes(), []);
});

Deno.test("a device may be closed while times are unread", async () => {
  const device = await freshDevice({ profile: true });
  count(device, zeros(device, "u32", [1]));
  device.submit();
  device.close();
  await new Promise((resume) => setTimeout(resume, 20)); // a rejection would end the test
});
