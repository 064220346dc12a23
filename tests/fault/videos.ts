/**
 * Videos that go wrong, each with what is to become of it, the same by every decoder.
 *
 * @module
 */
import { ffmpeg } from "../video/ffmpeg.ts";

const fixtures = new URL("../../fixtures/videos/", import.meta.url).pathname;

/** What is to become of a video: its frames and their size, or the reason for which it is refused. */
export type Fate =
  | { readonly count: number; readonly width: number; readonly height: number }
  | RegExp;

/** A video of a folder. */
interface Case {
  readonly fate: Fate;
  /** Puts it at a path; where absent there is none. */
  readonly write?: (path: string) => Promise<void>;
}

const bytes = (content: Uint8Array | string, fate: Fate): Case => ({
  fate,
  write: (path) =>
    typeof content === "string" ? Deno.writeTextFile(path, content) : Deno.writeFile(path, content),
});

/** A file of 3 GB that begins with `head` and takes no room on the disk. */
const sparse = (head: Uint8Array, fate: Fate): Case => ({
  fate,
  async write(path) {
    using file = await Deno.open(path, { createNew: true, write: true });
    await file.write(head);
    await file.truncate(3e9);
  },
});

const read = (name: string) => Deno.readFile(fixtures + name);
const [mp4, avi, webm, wmv, rotated, vfr, trimmed, sound] = await Promise.all(
  [
    "h264.mp4",
    "mpeg4.avi",
    "odd.webm",
    "wmv2.wmv",
    "rotated.mp4",
    "vfr.mp4",
    "trimmed.mp4",
    "audio.m4a",
  ]
    .map(read),
);
const make = (args: string, output: string) => ffmpeg({ "in.mp4": mp4 }, args, output);
const pattern = (size: string) =>
  `-f lavfi -i testsrc=s=${size}:r=10:d=1 -pix_fmt yuv444p -threads 1`;
const [noFrameAvi, noFrameMp4, cover, oddSize, dot, gaps, transport] = await Promise.all([
  make(`${pattern("64x48")} -c:v mpeg4 -pix_fmt yuv420p -frames:v 0`, "out.avi"),
  make(`${pattern("64x48")} -c:v libx264 -frames:v 0`, "out.mp4"),
  make(
    "-f lavfi -i sine=d=0.3 -i in.mp4 -map 0 -map 1 -frames:v 1 -c:v mjpeg -disposition:v attached_pic",
    "out.m4a",
  ),
  make(`${pattern("67x45")} -c:v libx264`, "out.mp4"),
  make(`${pattern("1x1")} -c:v libx264`, "out.mp4"),
  make("-i in.mp4 -vf select='not(between(n\\,5\\,9))' -vsync vfr -c:v mpeg4 -bf 2", "out.avi"),
  make("-i in.mp4 -c copy", "out.ts"),
]);

/** A GIF whose head claims a picture of `side` x `side`, of which it holds one pixel. */
function claimedGif(side: number): Uint8Array {
  const [low, high] = [side & 255, side >> 8];
  return Uint8Array.from([
    ...new TextEncoder().encode("GIF89a"),
    ...[low, high, low, high, 0x80, 0, 0, 0, 0, 0, 255, 255, 255],
    ...[0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b],
  ]);
}

const part = (of: Uint8Array, share: number) => of.subarray(0, Math.floor(of.length * share));
const small = { width: 64, height: 48 };

/** Videos by their names in the folder. */
export const CASES: { readonly [name: string]: Case } = {
  "vanished.mp4": { fate: /^does not exist/ },
  "text.mp4": bytes(
    "<html>Moved</html>\n".repeat(99),
    /^cannot be read as a video \(moov atom not/,
  ),
  "text.avi": bytes("404\n", /^cannot be read as a video/),
  "playlist.mp4": bytes("#EXTM3U\n#EXTINF:9,\nfile:good.mp4\n", /^cannot be read as a video/),
  "script.mp4": bytes(
    "ffconcat version 1.0\nfile good.mp4\n",
    /^(cannot be read|is no video but a list)/,
  ),
  "empty.mp4": bytes("", /^cannot be read as a video/),
  "good.mp4": bytes(mp4, { count: 20, ...small }),
  "cut.mp4": bytes(part(mp4, 0.8), /^(is truncated|cannot be decoded)/),
  "cut_index.mp4": bytes(part(trimmed, 0.9), /^cannot be read as a video \(/),
  "cut.avi": bytes(part(avi, 0.9), /^is truncated \(\d of 10 frames are there\)/),
  "cut.webm": bytes(part(webm, 0.7), /^is truncated \(/),
  "cut.wmv": bytes(part(wmv, 0.6), /^(is truncated|cannot be decoded)/),
  "huge_holes.mp4": sparse(new Uint8Array(0), /^cannot be read as a video/),
  "huge_holes.avi": sparse(new Uint8Array(0), /^cannot be read as a video/),
  "huge_tail.mp4": sparse(mp4, { count: 20, ...small }),
  "claims_60000.gif": bytes(claimedGif(60000), /^cannot be decoded \(Picture size 60000x60000/),
  "claims_15000.gif": bytes(claimedGif(15000), /^cannot be decoded \(Picture size 15000x15000/),
  "sound.mp4": bytes(sound, /^holds no video stream/),
  "sound_with_cover.m4a": bytes(cover, /^holds no video stream/),
  "no_frame.avi": bytes(noFrameAvi, /^holds no frame/),
  "no_frame.mp4": bytes(noFrameMp4, /^holds no (frame|video stream)/),
  "rotated.mp4": bytes(rotated, { count: 20, width: 48, height: 64 }),
  "odd_size.mp4": bytes(oddSize, { count: 10, width: 67, height: 45 }),
  "one_pixel.mp4": bytes(dot, { count: 10, width: 1, height: 1 }),
  "vfr.mp4": bytes(vfr, { count: 7, ...small }),
  "empty_steps.avi": bytes(gaps, { count: 15, ...small }),
  "edited.mp4": bytes(trimmed, { count: 12, ...small }),
  "transport.ts": bytes(transport, { count: 20, ...small }),
};

/** Writes all cases into a folder. */
export async function writeCases(folder: string): Promise<void> {
  await Promise.all(Object.entries(CASES).map(([name, { write }]) => write?.(`${folder}/${name}`)));
}
