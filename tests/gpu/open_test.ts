import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { summary } from "../../src/gpu/open.ts";
import { device } from "../device.ts";
import { probe } from "./probe.ts";

const NO_DRIVERS = { VK_DRIVER_FILES: "/nonexistent", VK_ADD_DRIVER_FILES: "" };

Deno.test("each provider computes, or says in one line that it has no adapter", async (t) => {
  const opened: string[] = [];
  for (const provider of ["dawn", "deno"]) {
    await t.step(provider, async () => {
      const { name, message, values, summary } = await probe([provider]);
      if (name) return match(`${name}: ${message}`, /^NoAdapterError: no usable GPU.*$/);
      deepStrictEqual(values, [-0, 0, 100].map((v) => v + 0));
      ok(summary.startsWith(`${provider}: `), summary);
      opened.push(provider);
    });
  }
  ok(opened.includes(device.info.provider), "the tests' own provider is among them");
});

Deno.test("without a driver no provider opens, OpenGL does not stand in, and the exit code is 3", async () => {
  for (const provider of ["auto", "dawn", "deno"]) {
    const { name, message, exitCode } = await probe([provider], NO_DRIVERS);
    deepStrictEqual([name, exitCode], ["NoAdapterError", 3]);
    match(message, /^no usable GPU \(.*\); install a Vulkan driver, or run "deno task setup"$/);
    for (const tried of provider === "auto" ? ["dawn", "deno"] : [provider]) {
      ok(message.includes(`${tried}: `), message);
    }
  }
});

Deno.test("Deno's provider takes over where Dawn finds nothing", async () => {
  const { provider, values } = await probe(["auto", "reveal"], NO_DRIVERS);
  strictEqual(provider, "deno");
  strictEqual(values[2], 100);
});

Deno.test("a provider that this process does not have is refused", async () => {
  const { name, message } = await probe(["browser"], NO_DRIVERS);
  strictEqual(name, "NoAdapterError");
  match(message, /browser: /);
});

Deno.test("the summary names provider, adapter, subgroups and f16", () => {
  const info = { ...device.info, provider: "dawn", adapter: "A GPU" } as const;
  strictEqual(
    summary({ ...info, subgroupSize: 32, features: new Set(["shader-f16"]) }),
    "dawn: A GPU, subgroups of 32, f16",
  );
  strictEqual(summary({ ...info, subgroupSize: undefined, features: new Set() }), "dawn: A GPU");
});
