import { deepStrictEqual, ok } from "node:assert/strict";
import { PipelineCache } from "../../src/gpu/pipeline.ts";
import { openProvider } from "../../src/gpu/provider.ts";
import { readInterface } from "../../src/gpu/shader.ts";
import { SLOT } from "../../src/gpu/pipeline.ts";
import { variants } from "../gpu/variants.ts";

Deno.test("every entry point of every variant makes a pipeline with both providers", async (t) => {
  let made = 0;
  for (const name of ["dawn", "deno"] as const) {
    const adapter = await (await openProvider(name)).gpu.requestAdapter();
    if (!adapter) continue; // that one of them is there, the count shows
    await t.step(name, async () => {
      const features: GPUFeatureName[] = ["subgroups", "shader-f16"];
      const { maxStorageBuffersPerShaderStage, maxComputeWorkgroupStorageSize } = adapter.limits;
      const gpu = await adapter.requestDevice({
        requiredFeatures: features.filter((f) => adapter.features.has(f)),
        requiredLimits: { maxStorageBuffersPerShaderStage, maxComputeWorkgroupStorageSize },
      });
      const failures: string[] = [];
      gpu.addEventListener("uncapturederror", (event) => {
        event.preventDefault();
        failures.push((event as GPUUncapturedErrorEvent).error.message);
      });
      const arena = gpu.createBuffer({ size: SLOT, usage: 0x40 /* UNIFORM */ });
      const pipelines = new PipelineCache(gpu, () => arena);
      for (const { name, code, usesSubgroups } of variants()) {
        if (usesSubgroups && !gpu.features.has("subgroups")) continue;
        for (const entry of readInterface(code).entries.keys()) {
          pipelines.get({ name, source: code }, entry, {});
          made++;
        }
      }
      await gpu.queue.onSubmittedWorkDone();
      gpu.destroy();
      deepStrictEqual(failures, []);
    });
  }
  ok(made > 0);
});
