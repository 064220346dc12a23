import { ok, strictEqual } from "node:assert/strict";
import { matmul } from "../../src/ops/matmul.ts";
import { measureRoofline } from "../../src/ops/roofline.ts";
import { Scope } from "../../src/tensor/scope.ts";
import { empty } from "../../src/tensor/tensor.ts";
import { boundOf } from "../../src/train/log/costs.ts";
import { device as shared } from "../device.ts";
import { freshDevice } from "../gpu/fresh.ts";

Deno.test("the roofline is measured in a moment, and a matmul stays below it", async () => {
  using device = await freshDevice({ profile: true });
  const start = performance.now();
  const roofline = (await measureRoofline(device))!;
  ok(performance.now() - start < 5000, "took long"); // under a second on a machine with nothing else to do
  ok(roofline.flops > 1e9 && roofline.bytes > 1e8, JSON.stringify(roofline));
  strictEqual(device.memory.live, 0);
  using _scope = new Scope(device);
  const a = empty(device, "f32", [256, 512]), b = empty(device, "f32", [512, 384]);
  device.clear(a);
  device.clear(b);
  matmul(a, b);
  await device.profile(); // software devices compile in the first call
  for (let i = 0; i < 3; i++) matmul(a, b);
  const [time] = await device.kernelTimes();
  strictEqual(time.flops, 3 * 2 * 256 * 512 * 384);
  const { by, share } = boundOf(time, roofline)!;
  strictEqual(by, "flops");
  ok(share > 0 && share <= 1.1, `${share}`);
});

Deno.test("a device that does not time its kernels has no measured roofline", async () => {
  strictEqual(await measureRoofline(shared), undefined);
});
