/// <reference lib="deno.worker" />
// Runs ffmpeg.wasm once, for `ffmpeg.ts` beside it.
import createFFmpegCore from "npm:@ffmpeg/core@0.12.10";
import type { Run } from "./ffmpeg.ts";

self.onmessage = async ({ data }: MessageEvent<Run>) => {
  const out: string[] = [], err: string[] = [];
  const core = await createFFmpegCore({
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      WebAssembly.instantiate(data.module, imports).then(done);
      return {};
    },
  });
  core.setLogger(({ type, message }: { type: string; message: string }) =>
    (type === "stdout" ? out : err).push(message)
  );
  for (const [name, bytes] of Object.entries(data.files)) core.FS.writeFile(name, bytes);
  if (data.output === undefined) {
    core.ffprobe(...data.args);
    return self.postMessage({ text: out.join("\n"), error: err.join("\n") });
  }
  const code = core.exec(...data.args, data.output);
  self.postMessage(
    code === 0 ? { bytes: core.FS.readFile(data.output) } : { error: err.slice(-3).join("\n") },
  );
};
