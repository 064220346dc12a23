/**
 * Devices of a test's own: for tests that break them, count on them, or set their options.
 */
import type { Device } from "../../src/gpu/device.ts";
import { openDevice, type OpenOptions } from "../../src/gpu/open.ts";
import type { ProviderName } from "../../src/gpu/provider.ts";

const provider = (Deno.env.get("CENTERCLIP_PROVIDER") ?? "auto") as ProviderName | "auto";

/** Opens a device on the provider that the tests run on. */
export function freshDevice(options: OpenOptions = {}): Promise<Device> {
  return openDevice({ provider, ...options });
}

/** A kernel that adds `step` to the first element of `y`. */
export const counter = {
  name: "counter",
  source: `
struct Params { step: u32, scale: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<u32>;
const FACTOR = 1u;
@compute @workgroup_size(1)
fn count() { y[0] += params.step * FACTOR + u32(params.scale); }
@compute @workgroup_size(1)
fn add() { y[0] += x[0]; }
`,
};
