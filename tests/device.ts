/**
 * The device that tests share: opened once a process, on the provider that `CENTERCLIP_PROVIDER` names.
 */
import { openDevice } from "../src/gpu/open.ts";
import type { ProviderName } from "../src/gpu/provider.ts";

const provider = (Deno.env.get("CENTERCLIP_PROVIDER") ?? "auto") as ProviderName | "auto";

/** The shared device. */
export const device = await openDevice({ provider });

/** Sizes at which kernels go wrong: one, odd, and on either side of a power of two. */
export const AWKWARD = [1, 3, 31, 33, 127, 129] as const;
