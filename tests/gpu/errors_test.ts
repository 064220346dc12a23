import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import type { Launch } from "../../src/gpu/device.ts";
import { DeviceLostError, OutOfMemoryError, ValidationError } from "../../src/gpu/errors.ts";
import { empty, tensor, zeros } from "../../src/tensor/tensor.ts";
import { counter, freshDevice } from "./fresh.ts";

const params = { step: 1, scale: 0 };

Deno.test("launch() names the op, and what is missing or wrong, before the GPU sees it", async () => {
  using device = await freshDevice();
  const y = zeros(device, "u32", [1]);
  const refused = (change: Partial<Launch>, message: RegExp) =>
    throws(
      () =>
        device.launch({
          kernel: counter,
          entry: "count",
          bind: { y },
          params,
          groups: [1],
          ...change,
        }),
      (error: ValidationError) => {
        ok(error instanceof ValidationError && error.op.startsWith("counter"), String(error));
        return message.test(error.message);
      },
    );
  refused({ bind: {} }, /^counter\.count: nothing is bound to "y"$/);
  refused({ params: { step: 1 } }, /parameter "scale" is missing/);
  refused({ params: undefined }, /parameter "step" is missing/);
  refused({ params: { step: 1.5, scale: 0 } }, /parameter "step" is 1.5, which is no u32/);
  refused({ params: { step: -1, scale: 0 } }, /no u32/);
  refused({ params: { step: NaN, scale: 0 } }, /no u32/);
  refused({ entry: "sum" }, /no entry point "sum"/);
  refused({ consts: { LANES: 3 } }, /^counter\.count,LANES=3: 0 declarations/);
  refused({ groups: [device.info.maxWorkgroups + 1] }, /^counter: [0-9]+ x 1 x 1 workgroups, over/);
  refused({ groups: [1, NaN] }, /workgroups/);
  using alias = y.alias();
  refused({ entry: "add", bind: { y, x: alias } }, /"y", which is written, and "x" are bound/);
  device.launch({ kernel: counter, entry: "count", bind: { y }, params, groups: [1] });
  deepStrictEqual([...await y.data()], [1], "the device goes on after a refusal");
});

Deno.test("WGSL that does not compile is an error of its kernel, at the next wait and ever after", async () => {
  using device = await freshDevice();
  const y = zeros(device, "u32", [1]);
  const kernel = { name: "broken", source: counter.source.replace("+= params", "+= parms") };
  const launch = () => device.launch({ kernel, entry: "count", bind: { y }, params, groups: [1] });
  const broken = (error: ValidationError) => {
    ok(error instanceof ValidationError, String(error));
    strictEqual(error.op, "broken.count");
    return /parms/.test(error.message);
  };
  launch();
  await rejects(y.data(), broken);
  await rejects(device.idle(), broken);
  throws(launch, broken);
});

Deno.test("an allocation over the budget is typed, names the op and leaves the device usable", async () => {
  using device = await freshDevice({ memoryBudget: 1 << 20 });
  using held = zeros(device, "f32", [1 << 17]);
  throws(() => empty(device, "f32", [1 << 18], "attention"), (error: OutOfMemoryError) => {
    ok(error instanceof OutOfMemoryError);
    strictEqual(error.op, "attention");
    return /1048576 more bytes/.test(error.message);
  });
  strictEqual((await held.data())[0], 0);
});

Deno.test("a tensor larger than a binding is refused where it is made", async () => {
  using device = await freshDevice();
  const { maxStorageBufferBindingSize } = device.gpu.limits;
  throws(() => empty(device, "f32", [maxStorageBufferBindingSize / 4 + 4]), OutOfMemoryError);
});

Deno.test("a lost device is a typed error at the next use", async (t) => {
  const uses: [string, (y: ReturnType<typeof zeros>) => Promise<unknown>][] = [
    ["a read", (y) => y.data()],
    ["a wait", (y) => y.device.idle()],
    ["a launch", async (y) => {
      await y.device.gpu.lost;
      y.device.launch({ kernel: counter, entry: "count", bind: { y }, params, groups: [1] });
    }],
  ];
  for (const [name, use] of uses) {
    await t.step(name, async () => {
      const device = await freshDevice();
      const y = zeros(device, "u32", [1]);
      device.gpu.destroy();
      await rejects(use(y), (error: DeviceLostError) => {
        ok(error instanceof DeviceLostError, String(error));
        return /the device was lost/.test(error.message);
      });
    });
  }
  await t.step("a read that is under way", async () => {
    const device = await freshDevice();
    const read = zeros(device, "u32", [1]).data();
    device.gpu.destroy();
    await rejects(read, DeviceLostError);
  });
});

Deno.test("closing a device is silent, also with work and timings under way, and what follows is typed", async () => {
  const device = await freshDevice({ profile: true });
  const y = tensor(device, new Uint32Array([1]));
  const launch = () =>
    device.launch({ kernel: counter, entry: "count", bind: { y }, params, groups: [1] });
  launch();
  device.submit();
  launch();
  device.close();
  await new Promise((resume) => setTimeout(resume, 20));
  throws(launch, { name: "DeviceLostError", message: "the device was closed" });
  await rejects(y.data(), DeviceLostError);
  device.close();
});
