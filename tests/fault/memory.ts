/**
 * What decoding clip after clip does to the memory of a process.
 *
 * @module
 */
import { nativeVersion } from "../../src/video/native.ts";

/** The decoders of this machine. */
export const decoders = await nativeVersion() === undefined
  ? ["wasm"] as const
  : ["wasm", "native"] as const;

/**
 * By how many bytes a process of its own grows over the second half of so many clips. Each tenth ends at
 * some point of the garbage collector's round, so the least of three is taken. A clip that was not let go
 * would cost 7 MB, an instance of ffmpeg.wasm 32 MB or more.
 */
export async function growth(decoder: string, clips: number): Promise<number> {
  const script = new URL("./memory_probe.ts", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--v8-flags=--expose-gc", script, decoder, `${clips}`],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const held: number[] = JSON.parse(new TextDecoder().decode(stdout));
  return Math.min(...held.slice(7)) - Math.min(...held.slice(2, 5));
}
