import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { countCases, testArguments } from "../../tasks/test.ts";

Deno.test("failed, skipped and passed cases of a report are told apart", () => {
  const report = `<testsuites tests="4">
    <testcase name="a"></testcase>
    <testcase name="b"><failure message="x">&lt;failure</failure></testcase>
    <testcase name="c"><skipped/></testcase>
    <testcase name="d"></testcase></testsuites>`;
  deepStrictEqual(countCases(report), { passed: 2, failed: 1 });
});

Deno.test("paths replace the default ones and flags are handed on", () => {
  const usual = testArguments([]);
  deepStrictEqual(usual.slice(0, 2), ["mod.ts", "src"]);
  ok(usual.includes("tests/ops") && usual.includes("tests/settings_test.ts"));
  ok(!usual.includes("tests/full"));
  deepStrictEqual(testArguments(["--full"]), ["mod.ts", "src", "tests"]);
  deepStrictEqual(testArguments(["tests/ops", "--filter", "soft max", "--fail-fast"]), [
    "--filter=soft max",
    "--fail-fast",
    "tests/ops",
  ]);
});

/** Runs the task on one test module and gives its exit code and last line. */
async function runTests(module: string): Promise<{ code: number; last: string }> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/a_test.ts`, module);
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        new URL("../../tasks/test.ts", import.meta.url).href,
        "--no-check",
        folder,
      ],
      env: { NO_COLOR: "1" },
      stderr: "null",
    }).output();
    return { code, last: new TextDecoder().decode(stdout).trimEnd().split("\n").at(-1)! };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the closing line counts what ran, and a failure is in the exit code", async () => {
  const module = `Deno.test("a", () => {}); Deno.test("b", () => { throw 1; });`;
  deepStrictEqual(await runTests(`Deno.test("a", () => {});`), {
    code: 0,
    last: "1 passed, 0 failed",
  });
  deepStrictEqual(await runTests(module), { code: 1, last: "1 passed, 1 failed" });
});

Deno.test("a module that does not load counts as a failure", async () => {
  const { code, last } = await runTests(`import "./missing.ts"; Deno.test("a", () => {});`);
  strictEqual(code, 1);
  match(last, /^0 passed, 1 failed$/);
});

Deno.test("a process that a native library ends with code 0 counts as a failure", async () => {
  const end = `Deno.dlopen("libc.so.6", { _exit: { parameters: ["i32"], result: "void" } })`;
  const module = `Deno.test("a", () => {}); Deno.test("b", () => ${end}.symbols._exit(0));`;
  deepStrictEqual(await runTests(module), { code: 1, last: "0 passed, 1 failed" });
});
