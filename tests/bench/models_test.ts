import { deepStrictEqual, ok } from "node:assert/strict";
import { Scope } from "../../src/tensor/scope.ts";
import { device } from "../device.ts";
import { randomParameters } from "./models.ts";
import { clipConfig } from "./tower_rows.ts";

Deno.test("every element of a random model is set: scales one, biases zero, weights spread", async () => {
  using _scope = new Scope(device);
  const config = { ...clipConfig("b32"), visionLayers: 1, textLayers: 1, visionWidth: 1088 };
  const parameters = randomParameters(device, config, "visual");
  for (const [name, weight] of parameters.entries()) {
    const values = await weight.data() as Float32Array;
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const square = values.reduce((sum, x) => sum + x * x, 0) / values.length;
    const deviation = Math.sqrt(square - mean * mean);
    if (/ln_\w+\.weight$/.test(name)) deepStrictEqual([mean, deviation], [1, 0], name);
    else if (name.endsWith("bias")) deepStrictEqual([mean, deviation], [0, 0], name);
    else {
      ok(Math.abs(mean) < 0.003 && Math.abs(deviation - 0.02) < 0.002, `${name}: ${deviation}`);
      // The largest are longer than the numbers that they are copied from.
      const tail = values.subarray(-1000);
      ok(tail.some((x) => x !== tail[0]) && tail.every((x) => x !== 0), name);
    }
  }
});
