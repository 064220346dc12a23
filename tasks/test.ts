/**
 * Runs the tests and the examples in the doc comments, and closes with `N passed, N failed`.
 *
 *     deno task test                      everything but tests/full
 *     deno task test --full               also the long tests in tests/full
 *     deno task test tests/ops --filter=softmax
 *
 * Paths replace the default ones; other flags go to `deno test`. Test modules run one after the other:
 * a software GPU uses every core by itself. What the tests need beyond the project is seen to first.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { setUpTests } from "./_setup/test_packages.ts";

/** Counts the cases of a JUnit report. */
export function countCases(report: string): { passed: number; failed: number } {
  const count = (pattern: RegExp) => [...report.matchAll(pattern)].length;
  const failed = count(/<(failure|error)\b/g);
  return { passed: count(/<testcase\b/g) - failed - count(/<skipped\b/g), failed };
}

/** Splits the command line into flags for `deno test` and the paths that it is to test. */
export function testArguments(args: string[]): string[] {
  const { values, positionals, tokens } = parseArgs({
    args,
    options: { full: { type: "boolean" }, filter: { type: "string" } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags = tokens.flatMap((token) =>
    token.kind !== "option" || token.name === "full"
      ? []
      : [token.value === undefined ? token.rawName : `${token.rawName}=${token.value}`]
  );
  const paths = positionals.length > 0 ? positionals : ["mod.ts", "src", ...suites(!!values.full)];
  return [...flags, ...paths];
}

/**
 * What lies in `tests`, without the long ones where these are not asked for: with `--doc` `deno test`
 * does not heed `--ignore`.
 */
function suites(full: boolean): string[] {
  if (full) return ["tests"];
  return [...Deno.readDirSync(new URL("../tests", import.meta.url))]
    .filter(({ name, isDirectory }) => isDirectory ? name !== "full" : name.endsWith("_test.ts"))
    .map(({ name }) => `tests/${name}`)
    .sort();
}

async function main(): Promise<number> {
  await setUpTests();
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const args = ["test", "-A", "--doc", `--junit-path=${report}`, ...testArguments(Deno.args)];
    const { code } = await new Deno.Command(Deno.execPath(), { args }).spawn().status;
    const text = await Deno.readTextFile(report);
    const { passed, failed } = countCases(text);
    // A module that does not load is no case of its own, and a process that a native library ends
    // leaves no report, perhaps with code 0: neither may look like success.
    const hidden = failed === 0 && (code !== 0 || text === "") ? 1 : 0;
    // On a line of its own, also after a process that ended in the middle of one.
    console.log(`\n${passed} passed, ${failed + hidden} failed`);
    return failed + hidden > 0 ? code || 1 : 0;
  } finally {
    await Deno.remove(report);
  }
}

if (import.meta.main) Deno.exit(await main());
