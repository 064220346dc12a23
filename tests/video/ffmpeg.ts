/**
 * Videos made and looked into by ffmpeg.wasm alone, so that tests need no ffmpeg on the machine.
 *
 * @module
 */
import { compileCore } from "../../src/video/wasm.ts";

/** One run of ffmpeg, or of ffprobe where there is no output. */
export interface Run {
  readonly module: WebAssembly.Module;
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly args: readonly string[];
  readonly output?: string;
}

async function run(request: Omit<Run, "module">) {
  const module = await compileCore();
  const worker = new Worker(new URL("./ffmpeg_worker.ts", import.meta.url), { type: "module" });
  try {
    const { promise, resolve, reject } = Promise.withResolvers<
      { bytes?: Uint8Array<ArrayBuffer>; text?: string; error?: string }
    >();
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage({ module, ...request });
    return await promise;
  } finally {
    worker.terminate();
  }
}

/** What ffmpeg makes of `files`, as a file of the name `output`, whose extension is its container. */
export async function ffmpeg(
  files: Run["files"],
  args: string,
  output: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes, error } = await run({ files, args: args.split(" "), output });
  if (bytes === undefined) throw new Error(`ffmpeg ${args}: ${error}`);
  return bytes;
}

/** The streams and the format of a file as ffprobe tells them. */
// deno-lint-ignore no-explicit-any -- ffprobe's JSON
export async function ffprobe(path: string): Promise<{ streams: any[]; format: any }> {
  const name = `in${/\.\w+$/.exec(path)?.[0] ?? ""}`;
  const { text = "" } = await run({
    files: { [name]: await Deno.readFile(path) },
    args: `-v error -count_packets -show_streams -show_format -show_chapters -of json ${name}`
      .split(" "),
  });
  return JSON.parse(text);
}
