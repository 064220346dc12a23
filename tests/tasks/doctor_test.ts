import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { passed } from "../../tasks/_doctor/self_test.ts";
import { findLiblmdb } from "../../tasks/_doctor/tools.ts";

async function doctor(args: string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("../../tasks/doctor.ts", import.meta.url).href,
      ...args,
    ],
    env: { NO_COLOR: "1", ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

const provider = Deno.env.get("CENTERCLIP_PROVIDER") ?? "auto";

Deno.test("doctor --json prints one object with device, tools and a self-test that passed", async () => {
  const { code, out } = await doctor(["--json", "--provider", provider]);
  match(out, /^\{.*\}\n$/);
  const report = JSON.parse(out);
  deepStrictEqual(report.selfTest.map(({ name }: { name: string }) => name), [
    "matmul",
    "attention",
    "layer norm",
  ]);
  ok(report.selfTest.every(passed), out);
  ok(report.selfTest.every(({ ms }: { ms: number }) => ms > 0), out);
  if (provider !== "auto") strictEqual(report.provider, provider);
  ok(report.limits.maxBufferSize >= report.limits.maxStorageBufferBindingSize, out);
  ok("use" in report.ffmpeg && "use" in report.lmdb, out);
  match(report.liblmdb.use ?? "", /^liblmdb 0\.9\.\d+$/, out);
  strictEqual(code, 0);
});

Deno.test("without a usable GPU doctor says so in one line and ends with code 3", async () => {
  const { code, out, err } = await doctor([], { VK_DRIVER_FILES: "/nonexistent" });
  strictEqual(code, 3);
  strictEqual(out, "");
  // Dawn adds warnings of its own, which no setting silences.
  const own = err.trimEnd().split("\n").filter((line) => line.includes("error:"));
  strictEqual(own.length, 1, err);
  match(own[0], /^error: no usable GPU \(.*\); install a Vulkan driver/);
});

Deno.test("where liblmdb is missing the doctor says what to install", async () => {
  const variable = "CENTERCLIP_LIBLMDB", before = Deno.env.get(variable);
  Deno.env.set(variable, "/nonexistent/liblmdb.so");
  try {
    const tool = await findLiblmdb();
    match("problem" in tool ? tool.problem : "", /nonexistent.*apt-get install liblmdb0/);
  } finally {
    if (before === undefined) Deno.env.delete(variable);
    else Deno.env.set(variable, before);
  }
});

Deno.test("a kernel that gives NaN or does not run has not passed", () => {
  const figures = { name: "matmul", limit: 1e-5, ms: 1 };
  strictEqual(passed({ ...figures, error: 1e-6 }), true);
  for (const error of [1e-4, NaN, Infinity]) strictEqual(passed({ ...figures, error }), false);
  strictEqual(passed({ name: "matmul", problem: "the shader does not compile" }), false);
});
