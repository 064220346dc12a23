/**
 * The start of training: a process of its own that takes two steps.
 *
 * @module
 */
import type { ProviderName } from "../../src/gpu/provider.ts";

/** Seconds of a start. */
export interface StartTime {
  /** From the start of the process to the end of its first step. */
  readonly first: number;
  /** Of a second step. */
  readonly step: number;
}

/** Starts a process, and waits for its steps. */
export async function startTime(provider: ProviderName): Promise<StartTime> {
  const start = performance.now();
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL("start_child.ts", import.meta.url).href, provider],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const marks: number[] = [];
  const reading = (async () => {
    // A line at the end of each step.
    for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
      for (const _ of text.matchAll(/\n/g)) marks.push((performance.now() - start) / 1e3);
    }
  })();
  const [log, { success }] = await Promise.all([
    new Response(process.stderr).text(),
    process.status,
    reading,
  ]);
  if (!success || marks.length !== 2) throw new Error(`the process failed: ${log.trim()}`);
  return { first: marks[0], step: marks[1] - marks[0] };
}
