/**
 * Makes a video with the ffmpeg.wasm that comes with the project, so that it is the same on every machine. Runs
 * in a worker, since ffmpeg.wasm does: {@link makeClip} starts one, which is this file.
 *
 * @module
 */
import { compileCore, wasmEngine } from "../../src/video/wasm.ts";
import { CLIP } from "./loader_rows.ts";

/** A zooming fractal with noise: every path of the codec has work. */
const { seconds, fps, width, height } = CLIP;
const ARGUMENTS = [
  ...["-f", "lavfi", "-i", `mandelbrot=s=${width}x${height}:r=${fps},noise=alls=4:allf=t`],
  ...["-frames:v", `${seconds * fps}`, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-crf", "28"],
  // The output takes no seeking, which an index behind the frames would need.
  ...["-movflags", "frag_keyframe+empty_moov", "-f", "mp4"],
];

/** The bytes of an H.264 video in MP4. */
export async function makeClip(): Promise<Uint8Array<ArrayBuffer>> {
  const worker = new Worker(import.meta.url, { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
  } finally {
    worker.terminate();
  }
}

if ("WorkerGlobalScope" in globalThis) {
  const engine = wasmEngine(await compileCore()), chunks: Uint8Array<ArrayBuffer>[] = [];
  await using session = await engine.open({ name: "none", bytes: new Uint8Array(0) });
  const { failed, log } = await session.run(
    "ffmpeg",
    ARGUMENTS,
    (chunk) => chunks.push(new Uint8Array(chunk)),
  );
  if (failed) throw new Error(log);
  const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
  (globalThis as unknown as { postMessage(bytes: Uint8Array): void }).postMessage(bytes);
}
