/**
 * Servers with faults of many kinds, by the paths of their files.
 *
 * @module
 */
import { type Behaviour, cut, file, first, says } from "./hostile_server.ts";

const videos = new URL("../../../fixtures/videos/", import.meta.url).pathname;
/** What every server of {@link MENDED} comes to send. */
export const avi = await Deno.readFile(`${videos}mpeg4.avi`);
const mp4 = await Deno.readFile(`${videos}h264.mp4`);
const wmv = await Deno.readFile(`${videos}wmv2.wmv`);
const text = (value: string) => new TextEncoder().encode(value);

const length = (n: number) => `Content-Length: ${n}`;
const half = avi.subarray(0, avi.length / 2);
const part = (from: number, total: number, tag = '"v1"', body = avi): Behaviour =>
  says([
    "206 Partial Content",
    `ETag: ${tag}`,
    `Content-Range: bytes ${from}-${body.length - 1}/${total}`,
    length(body.length - from),
  ], body.subarray(from));

/** Servers that come round: each file is to end whole. */
export const MENDED: Record<string, Behaviour> = {
  "/m/plain.avi": file(avi),
  "/m/cut.avi": first(cut(avi))(file(avi)),
  "/m/cut_often.avi": first(
    ...Array.from({ length: 6 }, (_, i): Behaviour => async (asked, wire) => {
      const from = asked.headers.has("Range") ? i * 500 : 0;
      const range = `Content-Range: bytes ${from}-${avi.length - 1}/${avi.length}`;
      const head = from === 0 ? ["200 OK"] : ["206 Partial Content", range];
      await wire.send(
        [...head, 'ETag: "v1"', length(avi.length - from)],
        avi.subarray(from, (i + 1) * 500),
      );
    }),
  )(file(avi)),
  "/m/stalls.avi": first(async (_, wire) => {
    await wire.send(["200 OK", 'ETag: "v1"', length(avi.length)], half);
    await wire.hang();
  })(file(avi)),
  "/m/mute.avi": first((_, wire) => wire.hang())(file(avi)),
  "/m/ignores_range.avi": first(cut(avi))(says(["200 OK", 'ETag: "v1"', length(avi.length)], avi)),
  "/m/from_the_start.avi": first(cut(avi), part(0, avi.length))(file(avi)),
  "/m/too_far.avi": first(cut(avi), part(5000, avi.length))(file(avi)),
  "/m/wrong_total.avi": first(cut(avi), part(half.length, avi.length + 9))(file(avi)),
  "/m/changed.avi": first(cut(wmv, '"old"'))(file(avi, '"new"')),
  "/m/changed_rudely.avi": first(
    cut(wmv, '"old"'),
    part(wmv.length / 2 | 0, wmv.length, '"new"', wmv),
  )(
    file(avi, '"new"'),
  ),
  "/m/said_shorter.avi": first(says(["200 OK", length(half.length)], avi))(file(avi)),
  "/m/said_longer.avi": first(says(["200 OK", 'ETag: "v1"', length(avi.length + 9)], avi))(
    file(avi),
  ),
  "/m/no_length.avi": says(["200 OK"], avi),
  "/m/no_length_cut.avi": first(says(["200 OK"], half))(file(avi)),
  "/m/chunked_cut.avi": first(
    says(["200 OK", "Transfer-Encoding: chunked"], text("5\r\nRIFF0\r\n")),
  )(
    file(avi),
  ),
  "/m/no_validator.avi": first(says(["200 OK", length(avi.length)], half))(
    async ({ headers }, wire) => {
      // A range of what has no version is not to be asked for.
      if (headers.has("Range")) await wire.send(["500 Oh"]);
      else await wire.send(["200 OK", length(avi.length)], avi);
    },
  ),
  "/m/no_http.avi": first((_, wire) => wire.raw("220 an FTP server\r\n\r\n"))(file(avi)),
  "/m/garbage_once.avi": first(says(["200 OK", length(64)], new Uint8Array(64)))(file(avi)),
  "/m/error.avi": first(says(["500 Oh"]), says(["502 Dear"]))(file(avi)),
  "/m/busy.avi": first(says(["429 Slow", "Retry-After: 1"]))(file(avi)),
  "/m/moved.avi": says(["302 Found", "Location: /n/moved%20here.avi", length(0)]),
  "/n/moved%20here.avi": file(avi),
};

/** Servers that do not: each file is to be named. */
export const LOST: Record<string, readonly [Behaviour, reason: RegExp, times: number]> = {
  "/l/gone.avi": [says(["404 Gone"]), /it is not there \(status 404\)/, 1],
  "/l/refused.avi": [says(["418 Teapot"]), /status 418/, 1],
  "/l/login.avi": [
    says(["200 OK", "Content-Type: text/html; charset=utf-8"], text("<form>Password")),
    /a web page came instead of a file/,
    1,
  ],
  "/l/garbage.avi": [
    says(["200 OK", length(3000)], new Uint8Array(3000).fill(7)),
    /: what came cannot be read as a video/,
    2,
  ],
  "/l/short.avi": [
    says(["200 OK", length(7000)], avi.subarray(0, 7000)),
    /: what came is truncated \(\d of 10 frames/,
    2,
  ],
  "/l/short.mp4": [
    says(["200 OK", length(mp4.length - 150)], mp4.subarray(0, mp4.length - 150)),
    /: what came (is truncated|cannot be decoded)/,
    2,
  ],
  "/l/empty.avi": [says(["200 OK", length(0)]), /: what came cannot be read/, 2],
  "/l/always_cut.avi": [
    says(["200 OK", length(avi.length)], half),
    /connection failed \(error reading a body/,
    4,
  ],
  "/l/always_500.avi": [says(["500 Oh"]), /status 500; given up after 3 more attempts/, 4],
  "/l/always_busy.avi": [
    says(["503 Later", "Retry-After: 86400"]),
    /status 503; it asks to wait 86400 s/,
    1,
  ],
  "/l/always_mute.avi": [(_, wire) => wire.hang(), /nothing came for 0.5 s/, 4],
  "/l/round.avi": [says(["302 Found", "Location: /l/round.avi"]), /more than 10 redirects/, 11],
  "/l/nowhere.avi": [says(["302 Found", "Location: file:///etc/passwd"]), /redirects to no web/, 1],
};
