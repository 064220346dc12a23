import assert from "node:assert/strict";
import { compressArguments, compressVideo } from "../../src/video/compress.ts";
import type { FfmpegEngine } from "../../src/video/ffmpeg.ts";
import { withFolder } from "../io/folder.ts";

const INFO = `{"streams": [{"nb_read_packets": "9", "avg_frame_rate": "9/1"}], "format": {}}`;
const DECODED =
  "[verbose]   Input stream #0:0 (video): 9 packets read (9 bytes); 9 frames decoded;";

/** An ffmpeg that logs what it is told to. */
function engine(log: string, { failed = false, size = 1 } = {}): FfmpegEngine {
  return {
    name: "native",
    open: () =>
      Promise.resolve({
        input: "file:in.mp4",
        run(_program, _args, onOutput) {
          onOutput(new TextEncoder().encode(INFO));
          return Promise.resolve({ failed: false, log: "" });
        },
        async write(_args, output) {
          await Deno.writeFile(output, new Uint8Array(size));
          return { failed, log };
        },
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  };
}

Deno.test("compressVideo() tells a bad video from a place that cannot be written", () =>
  withFolder(async (folder) => {
    const job = { path: "in.mp4", output: `${folder}/tmp`, name: "out.mp4", fps: 3, size: 224 };
    assert.deepEqual(await compressVideo(engine(DECODED, { size: 7 }), job), {
      frames: 9,
      bytes: 7,
    });
    const cases = [
      [engine("[error] x: No space left on device", { failed: true }), "cannot write out.mp4"],
      [engine("No space left on device (os error 28)", { failed: true }), "cannot write out.mp4"],
      [
        engine(`${DECODED}\n[error] Disk quota exceeded`),
        "cannot write out.mp4 (Disk quota exceeded)",
      ],
      [
        engine("[h264 @ 0x5] [error] no frame!", { failed: true }),
        "in.mp4 cannot be compressed (no",
      ],
      [engine("", { failed: false }), "in.mp4 cannot be compressed (it holds no frame)"],
      [engine(DECODED, { size: 0 }), "in.mp4 cannot be compressed"],
      [engine(`${DECODED}\n[error] stream 0, offset 0x9: partial file`), "in.mp4 is truncated ("],
    ] as const;
    for (const [engine, start] of cases) {
      await assert.rejects(compressVideo(engine, job), (error) => {
        assert.ok(error instanceof Error && error.name === "UserError", String(error));
        assert.ok(error.message.startsWith(start), error.message);
        return true;
      });
    }
  }));

Deno.test("compressArguments() rounds the longer side down to even, and can do as the reference", () => {
  const filters = (compat?: "reference") => {
    const args = compressArguments("file:a", "a.avi", { fps: 2.5, size: 96, compat });
    return [args[args.indexOf("-vf") + 1], args.at(-1), args.includes("-r")];
  };
  const wide = "if(gt(a,1),trunc(96*a/2)*2,96)";
  assert.deepEqual(filters(), [
    `fps=2.5:eof_action=pass,scale='${wide}':'if(gt(a,1),96,trunc(96/a/2)*2)'`,
    ...["avi", false],
  ]);
  assert.deepEqual(filters("reference"), [
    `scale='${wide}':'if(gt(a,1),96,trunc(96*a/2)*2)'`,
    ...["avi", true],
  ]);
});
