import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { SUBMIT_AFTER } from "../../src/gpu/stream.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { empty, tensor, zeros } from "../../src/tensor/tensor.ts";
import { counter, freshDevice } from "./fresh.ts";

Deno.test("commands run in the order in which they were recorded", async () => {
  using device = await freshDevice();
  using scope = new Scope(device);
  const y = zeros(device, "u32", [1]), before = empty(device, "u32", [1]);
  const params = { step: 3, scale: 0 };
  device.launch({ kernel: counter, entry: "count", bind: { y }, params, groups: [1] });
  device.copy(y, 0, before, 0, 4);
  device.launch({ kernel: counter, entry: "add", bind: { y, x: before }, groups: [1] });
  device.launch({ kernel: counter, entry: "count", bind: { y }, params, groups: [1] });
  deepStrictEqual([...await before.data(), ...await y.data()], [3, 9]);
  device.clear(y);
  deepStrictEqual([...await y.data()], [0]);
  scope.keep(y).dispose();
});

Deno.test("a copy that was recorded before an upload into a recycled buffer keeps the old value", async () => {
  using device = await freshDevice();
  const kept = empty(device, "u32", [1]);
  const first = tensor(device, new Uint32Array([11]));
  device.copy(first, 0, kept, 0, 4);
  first.dispose();
  const second = tensor(device, new Uint32Array([22]));
  deepStrictEqual([...await kept.data(), ...await second.data()], [11, 22]);
});

Deno.test("each of more dispatches than a stream holds reads parameters of its own", async () => {
  using device = await freshDevice();
  const y = zeros(device, "u32", [1]);
  const many = 4 * SUBMIT_AFTER + 37;
  for (let step = 1; step <= many; step++) {
    device.launch({
      kernel: counter,
      entry: "count",
      bind: { y },
      params: { step, scale: 2 },
      groups: [1],
    });
  }
  deepStrictEqual([...await y.data()], [many * (many + 1) / 2 + 2 * many]);
});

Deno.test("submits are few: one when the stream is full, one for a read, none for nothing", async () => {
  using device = await freshDevice();
  const y = zeros(device, "u32", [1]);
  const launch = () =>
    device.launch({
      kernel: counter,
      entry: "count",
      bind: { y },
      params: { step: 1, scale: 0 },
      groups: [1],
    });
  for (let i = 1; i < SUBMIT_AFTER; i++) launch();
  strictEqual(device.submits, 0);
  launch();
  strictEqual(device.submits, 1);
  device.submit();
  await device.idle();
  strictEqual(device.submits, 1);
  launch();
  await y.data();
  strictEqual(device.submits, 2);
});

Deno.test("a specialisation is a pipeline of its own, and so are kernels of one name", async () => {
  using device = await freshDevice();
  const y = zeros(device, "u32", [1]);
  const launch = (kernel: typeof counter, FACTOR: number) =>
    device.launch({
      kernel,
      entry: "count",
      consts: { FACTOR },
      bind: { y },
      params: { step: 1, scale: 0 },
      groups: [1],
    });
  launch(counter, 1);
  launch(counter, 10);
  launch({ name: "counter", source: counter.source.replace("params.step", "100") }, 1);
  deepStrictEqual([...await y.data()], [111]);
});

Deno.test("a pipeline is made once, and a bind group once for the same buffers", async () => {
  using device = await freshDevice();
  const { gpu } = device, made = { pipelines: 0, groups: 0 };
  const pipeline = gpu.createComputePipeline.bind(gpu), group = gpu.createBindGroup.bind(gpu);
  gpu.createComputePipeline = (descriptor) => (made.pipelines++, pipeline(descriptor));
  gpu.createBindGroup = (descriptor) => (made.groups++, group(descriptor));
  const [a, b] = [zeros(device, "u32", [1]), zeros(device, "u32", [1])];
  for (const y of [a, b, a, b, a]) {
    const params = { step: 1, scale: 0 };
    device.launch({ kernel: counter, entry: "count", bind: { y }, params, groups: [1] });
  }
  deepStrictEqual(made, { pipelines: 1, groups: 2 });
  device.pool.trim();
  device.launch({ kernel: counter, entry: "add", bind: { y: a, x: b }, groups: [1] });
  deepStrictEqual([...await a.data(), ...await b.data()], [5, 2]);
});

Deno.test("a launch over no workgroups does nothing", async () => {
  using device = await freshDevice();
  const y = zeros(device, "u32", [1]);
  for (const groups of [[0], [1, 0], [1, 1, 0]] as const) {
    device.launch({ kernel: counter, entry: "count", bind: { y }, groups });
  }
  deepStrictEqual([...await y.data()], [0]);
});

Deno.test("a profiled device names its kernels, counts their calls and forgets what it told", async () => {
  using device = await freshDevice({ profile: true });
  const y = zeros(device, "u32", [1]);
  for (let i = 0; i < SUBMIT_AFTER + 3; i++) {
    device.launch({
      kernel: counter,
      entry: "count",
      bind: { y },
      params: { step: 1, scale: 0 },
      groups: [1],
    });
  }
  const times = await device.kernelTimes();
  deepStrictEqual(times.map(({ name, calls }) => [name, calls]), [
    ["counter.count", SUBMIT_AFTER + 3],
  ]);
  strictEqual(times[0].ms > 0 && times[0].ms < 60_000, true);
  deepStrictEqual(await device.kernelTimes(), []);
});
