/**
 * Opens a device on the best provider and adapter at hand.
 *
 * @module
 */
import { Device, type DeviceInfo } from "./device.ts";
import { NoAdapterError } from "./errors.ts";
import { inBrowser, openProvider, type Provider, type ProviderName } from "./provider.ts";

/** Options of {@link openDevice}. */
export interface OpenOptions {
  /** The implementation of WebGPU; `auto` takes the browser's in a browser, else Dawn, else Deno's. */
  readonly provider?: ProviderName | "auto";
  /** Most bytes of GPU memory to use. Default: 80 % of free memory on a software device, else no limit. */
  readonly memoryBudget?: number;
  /** Time every kernel ({@link Device.profile}). */
  readonly profile?: boolean;
}

const FEATURES: readonly GPUFeatureName[] = ["shader-f16", "subgroups", "timestamp-query"];
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
] as const;

/**
 * Opens a device with every useful feature and the adapter's full limits.
 *
 * @throws {NoAdapterError} if no provider offers an adapter.
 */
export async function openDevice(options: OpenOptions = {}): Promise<Device> {
  const { provider: wanted = "auto" } = options;
  const names: ProviderName[] = wanted !== "auto"
    ? [wanted]
    : inBrowser()
    ? ["browser"]
    : ["dawn", "deno"];
  const refusals: string[] = [];
  for (const name of names) {
    try {
      return await openOn(await openProvider(name), options);
    } catch (error) {
      if (!(error instanceof NoAdapterError)) throw error;
      refusals.push(`${name}: ${error.message}`);
    }
  }
  throw new NoAdapterError(
    `no usable GPU (${refusals.join("; ")}); install a Vulkan driver, or run "deno task setup"`,
  );
}

async function openOn(provider: Provider, options: OpenOptions): Promise<Device> {
  const adapter = await provider.wait(
    provider.gpu.requestAdapter({ powerPreference: "high-performance" }),
  );
  if (!adapter) throw new NoAdapterError("no adapter");
  const requiredFeatures = FEATURES.filter((f) => adapter.features.has(f));
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  const gpu = await provider.wait(adapter.requestDevice({ requiredFeatures, requiredLimits }))
    .catch(({ message }) => {
      throw new NoAdapterError(`the adapter gives no device: ${message}`);
    });
  const info = describe(provider.name, adapter, requiredFeatures);
  return new Device(gpu, info, provider, {
    memoryBudget: options.memoryBudget ?? await defaultBudget(info),
    profile: options.profile,
  });
}

function describe(
  provider: ProviderName,
  adapter: GPUAdapter,
  features: readonly string[],
): DeviceInfo {
  const { info, limits } = adapter;
  const { subgroupMinSize: least, subgroupMaxSize: most } = info as GPUAdapterInfo & {
    subgroupMinSize?: number;
    subgroupMaxSize?: number;
  };
  const name = info.description || info.device || info.vendor || info.architecture;
  return {
    provider,
    adapter: name || "unknown adapter",
    software: info.isFallbackAdapter ||
      /llvmpipe|lavapipe|swiftshader|basic render/i.test(`${name} ${info.architecture}`),
    features: new Set(features),
    subgroupSize: features.includes("subgroups") && least === most ? least : undefined,
    maxWorkgroups: limits.maxComputeWorkgroupsPerDimension,
    maxInvocations: limits.maxComputeInvocationsPerWorkgroup,
    maxWorkgroupStorage: limits.maxComputeWorkgroupStorageSize,
  };
}

/** A software device shares the machine's memory, and over-allocating there raises no error. */
async function defaultBudget({ software, provider }: DeviceInfo): Promise<number> {
  if (!software || provider === "browser") return Infinity;
  const { freemem } = await import("node:os");
  return Math.floor(freemem() * 0.8);
}

/** One line that says what was opened. */
export function summary({ provider, adapter, subgroupSize, features }: DeviceInfo): string {
  const lanes = subgroupSize ? `, subgroups of ${subgroupSize}` : "";
  return `${provider}: ${adapter}${lanes}${features.has("shader-f16") ? ", f16" : ""}`;
}
