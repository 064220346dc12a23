import { deepStrictEqual, ok } from "node:assert/strict";
import { openProvider } from "../../src/gpu/provider.ts";
import { unlisted, variants } from "./variants.ts";

Deno.test("the table of variants lists every kernel", () => deepStrictEqual(unlisted(), []));

Deno.test("every variant of every kernel compiles with both providers", async (t) => {
  let compiled = 0;
  for (const name of ["dawn", "deno"] as const) {
    const adapter = await (await openProvider(name)).gpu.requestAdapter();
    if (!adapter) continue; // that one of them is there, the count shows
    await t.step(name, async () => {
      const features: GPUFeatureName[] = ["subgroups", "shader-f16"];
      const requiredFeatures = features.filter((f) => adapter.features.has(f));
      const gpu = await adapter.requestDevice({ requiredFeatures });
      gpu.addEventListener("uncapturederror", (event) => event.preventDefault());
      const failures: string[] = [];
      for (const { name, code, usesSubgroups } of variants()) {
        if (usesSubgroups && !gpu.features.has("subgroups")) continue;
        if (code.startsWith("enable f16;") && !gpu.features.has("shader-f16")) continue;
        const { messages } = await gpu.createShaderModule({ code }).getCompilationInfo();
        for (const { type, lineNum, message } of messages) {
          if (type === "error") failures.push(`${name}, line ${lineNum}: ${message}`);
        }
        compiled++;
      }
      gpu.destroy();
      deepStrictEqual(failures, []);
    });
  }
  ok(compiled > 0);
});
