/**
 * Where a `GPU` object comes from: Dawn (`npm:webgpu`), Deno's own WebGPU, or the browser's.
 *
 * @module
 */
import { NoAdapterError } from "./errors.ts";

/** The three implementations of WebGPU that the runtime drives. */
export type ProviderName = "dawn" | "deno" | "browser";

/** A source of adapters. */
export interface Provider {
  /** Which implementation it is. */
  readonly name: ProviderName;
  /** Its entry to WebGPU. */
  readonly gpu: GPU;
  /** Call right before waiting for the GPU: see {@link throttlePolling}. */
  wait<T>(promise: Promise<T>): Promise<T>;
}

const waitPlainly = <T>(promise: Promise<T>) => promise;

/** Bursts of immediate polls at the start of a wait, in milliseconds. */
const SPIN_MS = 0.3;

/**
 * Dawn's Node binding polls its queue by re-arming `setImmediate`: a busy loop that takes a core from a
 * software device. While a wait is pending, polls are immediate for a moment (short waits stay short)
 * and then come once a millisecond.
 */
function throttlePolling(): Provider["wait"] {
  type Arm = (callback: (...args: unknown[]) => void, ...args: unknown[]) => unknown;
  const host = globalThis as unknown as { setImmediate: Arm };
  const immediate = host.setImmediate;
  let pending = 0, since = 0;
  host.setImmediate = (callback, ...args) =>
    pending > 0 && performance.now() - since > SPIN_MS
      ? setTimeout(callback, 1, ...args)
      : immediate(callback, ...args);
  return async (promise) => {
    if (pending++ === 0) since = performance.now();
    try {
      return await promise;
    } finally {
      pending--;
    }
  };
}

/** Sets an environment variable of this process, where there is an environment and it is not set. */
function setDefault(name: string, value: string): void {
  const { process } = globalThis as { process?: { env: Record<string, string | undefined> } };
  if (process) process.env[name] ||= value;
}

/** The one Dawn instance of the process: it must outlive every device, and toggles are set once. */
let dawn: Promise<Provider> | undefined;

async function createDawn(): Promise<Provider> {
  const { create } = await import("npm:webgpu@0.6.2");
  // The Vulkan loader warns on standard error where this is missing.
  setDefault("XDG_RUNTIME_DIR", "/tmp");
  const gpu = create([
    "enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia,use_vulkan_memory_model",
    // The pool promises nothing of a buffer's content, so a fresh one need not be cleared: that would go over
    // all memory once more, a second for each GB on a software device.
    "disable-dawn-features=timestamp_quantization,lazy_clear_resource_on_first_use",
  ]) as unknown as GPU;
  return { name: "dawn", gpu, wait: throttlePolling() };
}

/**
 * Opens one provider.
 *
 * @throws {NoAdapterError} if the provider does not exist in this process.
 */
export async function openProvider(name: ProviderName): Promise<Provider> {
  if (name === "dawn") {
    try {
      return await (dawn ??= createDawn());
    } catch (cause) {
      dawn = undefined;
      throw new NoAdapterError(
        `Dawn (npm:webgpu) could not be loaded: ${(cause as Error).message}`,
      );
    }
  }
  if (name !== (inBrowser() ? "browser" : "deno")) {
    throw new NoAdapterError(`this process does not run in ${name}`);
  }
  // Without Vulkan, Deno's provider takes Mesa's software OpenGL and does not say so.
  if (name === "deno") setDefault("DENO_WEBGPU_BACKEND", "vulkan,metal,dx12");
  const gpu = globalThis.navigator?.gpu;
  if (!gpu) throw new NoAdapterError(`this ${name} has no WebGPU (navigator.gpu is missing)`);
  return { name, gpu, wait: waitPlainly };
}

/** Whether this code runs in a browser page or worker rather than in Deno or Node. */
export function inBrowser(): boolean {
  return !("Deno" in globalThis) && !("process" in globalThis);
}
