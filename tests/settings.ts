/**
 * The settings under which ops must give what their oracles give: the other provider, and the subgroup
 * sizes of 4 and 16 that lavapipe takes on with another vector width.
 */
import { ok, strictEqual } from "node:assert/strict";
import { device } from "./device.ts";
import { probe } from "./gpu/probe.ts";

/** Environments by name. */
export const SETTINGS = {
  "Deno's provider": { CENTERCLIP_PROVIDER: "deno" },
  "subgroups of 4": { LP_NATIVE_VECTOR_WIDTH: "128" },
  "subgroups of 16": { LP_NATIVE_VECTOR_WIDTH: "512" },
} as const;

/** Fails unless a device that is opened under a setting is the one that the setting's name promises. */
export async function takesEffect(name: keyof typeof SETTINGS): Promise<void> {
  const env: Record<string, string> = SETTINGS[name];
  const { CENTERCLIP_PROVIDER: provider, LP_NATIVE_VECTOR_WIDTH: bits } = env;
  const info = await probe([provider ?? device.info.provider], env);
  if (provider) strictEqual(info.provider, provider);
  // Hardware and Deno's provider have the subgroups that they have.
  const settable = device.info.subgroupSize && /llvmpipe/.test(device.info.adapter);
  if (bits && settable) strictEqual(info.subgroupSize, Number(bits) / 32);
}

/** Runs tests of test modules under a setting; fails unless all of them pass and each `name` is among them. */
export async function testUnder(
  setting: keyof typeof SETTINGS,
  modules: readonly string[],
  names: readonly string[] = [],
): Promise<void> {
  const filter = names.length > 0 ? [`--filter=/${names.map(escape).join("|")}/`] : [];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", ...filter, ...modules],
    cwd: new URL(".", import.meta.url),
    env: { ...SETTINGS[setting], NO_COLOR: "1" },
  }).output();
  const [report, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  strictEqual(code, 0, report + errors);
  for (const name of names) ok(report.includes(name), `no test is named "${name}"`);
}

const escape = (name: string) => name.replace(/[/\\^$.*+?()[\]{}|]/g, "\\$&");
