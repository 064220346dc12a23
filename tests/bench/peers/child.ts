/**
 * A peer's side of the conversation. A peer runs in a process of its own, which is started as
 *
 *     deno run -A PEER.ts ROW BACKEND PROVIDER
 *
 * It makes the row ready, warms up, and says so in one line of JSON on standard output: `{"ready": TITLE}`,
 * or `{"absent": WHY}`. Then it answers every line on standard input with one run: `{"ms": N}`.
 *
 * @module
 */
import { createInterface } from "node:readline";
import process from "node:process";
import { openProvider, type ProviderName } from "../../../src/gpu/provider.ts";
import { ROWS } from "../groups.ts";
import type { Row } from "../rows.ts";
import { warmUp } from "../warm_up.ts";

/** What runs a peer's tensors. */
export type Backend = "wasm" | "webgpu";

/** A row made ready: one run, to the end of its work. */
export type Run = () => Promise<void>;

/**
 * Serves one row.
 *
 * @param title The peer's name and version.
 * @param prepare Makes a row ready. What it throws is the reason for the peer's absence.
 */
export async function servePeer(
  title: string,
  prepare: (row: Row, backend: Backend) => Promise<Run>,
): Promise<never> {
  // Libraries greet on standard output, which belongs to the conversation.
  console.log = console.info = console.error;
  const say = (message: unknown) => process.stdout.write(`${JSON.stringify(message)}\n`);
  const [name, backend, provider] = Deno.args as [string, Backend, ProviderName];
  try {
    const wait = backend === "webgpu" ? await useProvider(provider) : <T>(work: Promise<T>) => work;
    const run = await prepare(ROWS.get(name)!, backend);
    const timed = async () => {
      const start = performance.now();
      await wait(run());
      return performance.now() - start;
    };
    await warmUp(timed);
    say({ ready: title });
    for await (const _ of createInterface({ input: process.stdin })) say({ ms: await timed() });
  } catch (error) {
    say({ absent: error instanceof Error ? error.message : String(error) });
  }
  Deno.exit();
}

/** Gives the libraries the WebGPU that this project runs on, and the wait that spares its cores. */
export async function useProvider(
  name: ProviderName,
): Promise<<T>(work: Promise<T>) => Promise<T>> {
  const { gpu, wait } = await openProvider(name);
  // Libraries read flags from these classes, and test for them.
  if (name === "dawn") Object.assign(globalThis, (await import("npm:webgpu@0.6.2")).globals);
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  return wait;
}

/** The threads of a peer on the CPU: all there are. */
export const THREADS: number = navigator.hardwareConcurrency;
