import assert from "node:assert/strict";
import {
  decodedFrames,
  errors,
  frameArguments,
  parseInfo,
  PpmStream,
  sourceExtension,
} from "../../src/video/ffmpeg.ts";
import type { Frames } from "../../src/video/transforms.ts";

Deno.test("PpmStream finds frames wherever the chunks are cut", () => {
  const head = new TextEncoder().encode("P6\n2 1\n255\n");
  // Pixels that look like a header must not be taken for one.
  const pixels = [[80, 54, 10, 50, 32, 49], [10, 50, 53, 53, 10, 80]];
  const stream = Uint8Array.from(pixels.flatMap((p) => [...head, ...p]));
  for (let size = 1; size <= stream.length; size++) {
    const frames: Frames[] = [];
    const ppm = new PpmStream((frame) => frames.push(frame));
    for (let at = 0; at < stream.length; at += size) ppm.push(stream.subarray(at, at + size));
    assert.deepEqual(frames.map((f) => [f.height, f.width, ...f.data]), [
      [1, 2, ...pixels[0]],
      [1, 2, ...pixels[1]],
    ]);
  }
});

Deno.test("PpmStream never hands out a frame that is not whole", () => {
  const ppm = new PpmStream(() => assert.fail("the frame is cut"));
  ppm.push(new TextEncoder().encode("P6\n2 1\n255\n12345"));
});

Deno.test("parseInfo() reads the exact rate and what is declared", () => {
  const stream = { nb_frames: "60", nb_read_packets: "59", avg_frame_rate: "30000/1001" };
  const format = { format_name: "mov,mp4,m4a,3gp,3g2,mj2" };
  assert.deepEqual(parseInfo(JSON.stringify({ streams: [stream], format })), {
    declared: 60,
    packets: 59,
    fps: 30000 / 1001,
    editable: true,
    refers: false,
  });
});

Deno.test("parseInfo() does without a declared count and an average rate", () => {
  const stream = { nb_read_packets: "7", avg_frame_rate: "0/0", r_frame_rate: "25/1" };
  const info = parseInfo(JSON.stringify({ streams: [stream], format: { format_name: "avi" } }));
  assert.deepEqual(info, {
    declared: undefined,
    packets: 7,
    fps: 25,
    editable: false,
    refers: false,
  });
  assert.equal(
    parseInfo(JSON.stringify({ streams: [stream], format: { format_name: "hls" } }))?.refers,
    true,
  );
  assert.equal(parseInfo(`{"streams": []}`), undefined);
  assert.equal(parseInfo(""), undefined);
});

Deno.test("frameArguments() selects runs of frames and ends at the limit", () => {
  const filters = frameArguments("file:a", [3, 4, 5, 9], 12).join(" ");
  assert.match(filters, /trim=end_frame=12,select='between\(n,3,5\)\+between\(n,9,9\)',/);
  assert.doesNotMatch(frameArguments("file:a", [0], undefined).join(" "), /trim/);
});

Deno.test("decodedFrames() reads the statistics of ffmpeg 5 and 7, and nothing that resembles them", () => {
  const text = "  Input stream #0:0 (video): 15 packets read (99 bytes); 12 frames decoded;";
  assert.equal(decodedFrames(`[info] x\n[verbose] ${text} \n[verbose] more`), 12);
  assert.equal(decodedFrames(`[in#0/mov @ 0x5] [verbose] ${text} 0 decode errors; `), 12);
  assert.equal(decodedFrames(`[info]     title           : [verbose] ${text}`), undefined);
});

Deno.test("errors() passes over other levels and leaves out components and the input's name", () => {
  const log = [
    "[info] Input #0, mov, from 'file:/a [error].mp4':",
    "[h264 @ 0x55] [verbose] Reinit context",
    "[h264 @ 0x55] [error] error while decoding MB 3 0",
    "[error] file:/a [error].mp4: corrupt decoded frame in stream 0",
    "Aborted()",
    "",
  ].join("\n");
  assert.deepEqual(errors(log, "file:/a [error].mp4"), [
    "error while decoding MB 3 0",
    "corrupt decoded frame in stream 0",
  ]);
});

Deno.test("sourceExtension() passes on a plain extension only", () => {
  assert.equal(sourceExtension({ path: "/a.b/c.MP4" }), ".MP4");
  assert.equal(sourceExtension({ path: "/a.b/c" }), "");
  assert.equal(sourceExtension({ name: "x.a'b", bytes: new Uint8Array(0) }), "");
});
