/**
 * Opens devices in processes of their own: a provider looks for drivers, and reads its environment, once.
 */
import { strictEqual } from "node:assert/strict";

/** What `open_probe.ts` prints for `args`, in an environment changed by `env`. */
export async function probe(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const inherited = Deno.env.toObject();
  delete inherited.DENO_WEBGPU_BACKEND;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL("open_probe.ts", import.meta.url).href, ...args],
    clearEnv: true,
    env: { ...inherited, ...env },
  }).output();
  strictEqual(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}
