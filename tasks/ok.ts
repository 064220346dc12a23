/**
 * The one gate: format, lint, types, documentation, tests. It stops at the first failure.
 *
 *     deno task ok             everything
 *     deno task ok --static    all but the tests
 *
 * @module
 */
const STEPS: readonly (readonly [name: string, ...args: string[]])[] = [
  ["format", "fmt", "--check"],
  ["lint", "lint"],
  ["types", "check"],
  ["documentation", "doc", "--lint", "mod.ts"],
  ["architecture", "test", "-A", "--no-check", "tests/architecture_test.ts"],
  ["tests", "run", "-A", "tasks/test.ts"],
];

async function main(): Promise<number> {
  const unknown = Deno.args.find((arg) => arg !== "--static");
  if (unknown !== undefined) {
    console.error(`ok: unknown argument ${unknown}: the only flag is --static`);
    return 2;
  }
  const steps = Deno.args.includes("--static") ? STEPS.slice(0, -1) : STEPS;
  const rows: string[] = [];
  let failure = 0;
  for (const [name, ...args] of steps) {
    const row = (verdict: string) => rows.push(`  ${name.padEnd(14)} ${verdict}`);
    if (failure) {
      row("not run");
      continue;
    }
    console.error(`\n== ${name}: deno ${args.join(" ")}`);
    const start = performance.now();
    failure = (await new Deno.Command(Deno.execPath(), { args }).spawn().status).code;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    row(`${failure ? `FAILED with code ${failure}` : "ok"}, ${seconds} s`);
  }
  console.error(`\n${rows.join("\n")}`);
  return failure;
}

if (import.meta.main) Deno.exit(await main());
