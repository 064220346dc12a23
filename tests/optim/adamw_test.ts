import { strictEqual } from "node:assert/strict";
import { AdamW } from "../../src/optim/adamw.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { device } from "../device.ts";
import { normals } from "../oracle/check.ts";

Deno.test("a step of AdamW leaves nothing behind but the norm that it returns", () => {
  using parameter = tensor(device, normals(33, 1)), gradient = tensor(device, normals(33, 2));
  const { buffers } = device.memory;
  {
    const rule = { name: "weight", rateFactor: 1, weightDecay: 0 };
    const options = { beta1: 0.9, beta2: 0.98, eps: 1e-6, maxNorm: 1 };
    using optimizer = new AdamW(device, [{ rule, tensor: parameter }], options);
    strictEqual(device.memory.buffers, buffers + 3); // two moments and the count
    optimizer.step([gradient], 1e-3).dispose();
    strictEqual(device.memory.buffers, buffers + 3);
  }
  strictEqual(device.memory.buffers, buffers);
});
