/**
 * The device that tests share: opened once a process, on the provider that `CENTERCLIP_PROVIDER` names.
 */
import { openDevice } from "../src/gpu/open.ts";
import type { ProviderName } from "../src/gpu/provider.ts";

const provider = (Deno.env.get("CENTERCLIP_PROVIDER") ?? "auto") as ProviderName | "auto";

/** The shared device. */
export const device = await openDevice({ provider });

// Fresh buffers are zero on software devices and hold anything on a card: here they hold NaN.
const { gpu } = device, STORAGE = 0x80, create = gpu.createBuffer.bind(gpu);
gpu.createBuffer = (descriptor) => {
  const buffer = create(descriptor);
  if (descriptor.usage & STORAGE) {
    gpu.queue.writeBuffer(buffer, 0, new Uint32Array(descriptor.size / 4).fill(0x7fc00000));
  }
  return buffer;
};

/** Sizes at which kernels go wrong: one, odd, and on either side of a power of two. */
export const AWKWARD = [1, 3, 31, 33, 127, 129] as const;
