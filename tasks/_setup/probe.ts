/**
 * Prints which WebGPU provider finds an adapter here: `dawn`, `deno` or `none`. It runs in a process of
 * its own: a provider looks for drivers once per process, and its warnings are no news to the user.
 *
 * @module
 */

/** Whether Dawn (`npm:webgpu`) finds an adapter. */
async function dawnFindsAdapter(): Promise<boolean> {
  try {
    const { create } = await import("npm:webgpu@0.6.2");
    return await create([]).requestAdapter() !== null;
  } catch {
    return false; // no build of Dawn for this platform
  }
}

if (import.meta.main) {
  const found = await dawnFindsAdapter()
    ? "dawn"
    : await navigator.gpu.requestAdapter()
    ? "deno"
    : "none";
  console.log(found);
  Deno.exit(0);
}
