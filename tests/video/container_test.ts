import assert from "node:assert/strict";
import { h264Name, h264Writer, isVideo } from "../../src/video/container.ts";

Deno.test("videos are known by their extension, in any case, and hidden files are none", () => {
  const yes = ["a.mp4", "a.MP4", "deep/er/ü 1.AvI", "-x.mkv", "a.b.webm", "../up/a.mov", "./a.ts"];
  const no = ["a", "mp4", "a.mp4.part", "a.txt", ".mp4", ".a.mp4", ".trash/a.mp4", "a.mp4/b", "a."];
  for (const path of yes) assert.equal(isVideo(path), true, path);
  for (const path of no) assert.equal(isVideo(path), false, path);
  assert.equal(isVideo("a.constructor"), false);
});

Deno.test("a name stays where its container can hold H.264", () => {
  const names = ["a.avi", "a.MKV", "d.x/a.webm", "a.b.gif", "a.OGV", "d.gif/a.mp4"];
  assert.deepEqual(
    names.map((name) => [h264Name(name), h264Writer(h264Name(name))]),
    [
      ...[["a.avi", "avi"], ["a.MKV", "matroska"], ["d.x/a.mp4", "mp4"], ["a.b.mp4", "mp4"]],
      ...[["a.mp4", "mp4"], ["d.gif/a.mp4", "mp4"]],
    ],
  );
});
