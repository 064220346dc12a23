import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";

async function bench(...args: string[]) {
  const provider = Deno.env.get("CENTERCLIP_PROVIDER") ?? "auto";
  const task = new URL("../../tasks/bench.ts", import.meta.url).href;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", task, "--provider", provider, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("bench --json --only prints one figure, without peers, alone on standard output", async () => {
  const { code, out } = await bench("--json", "--only", "kmedoids_16_98_49", "--repeats", "1");
  match(out, /^\[\{.*\}\]\n$/);
  const [{ name, ms, bytes, peers }] = JSON.parse(out);
  strictEqual(name, "kmedoids_16_98_49");
  ok(ms > 0 && bytes > 0, out);
  deepStrictEqual(peers, {});
  strictEqual(code, 0);
});

Deno.test("bench refuses what does not exist, and a page of one row", async () => {
  const calls = await Promise.all([
    bench("--only", "matmul_1025"),
    bench("--group", "matmul"),
    bench("--only", "matmul_1024", "--write"),
    bench("--only", "matmul_1024", "--group", "products"),
  ]);
  const [row, group, page, both] = calls.map(({ err }) => err);
  match(row, /^error: --only: no row "matmul_1025"; rows: matmul_1024, .*\n$/);
  match(group, /^error: --group: "matmul" will not do; it takes products, blocks, .*\n$/);
  match(page, /^error: --write takes whole groups; leave --only out\n$/);
  match(both, /^error: --only and --group: take one of them\n$/);
  for (const { code, out } of calls) deepStrictEqual([code, out], [2, ""]);
});
