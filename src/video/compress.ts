/**
 * Videos as training reads them: few frames a second, small, upright, H.264 without sound.
 *
 * @module
 */

import { PlaceError, UserError } from "../errors.ts";
import { openVideo, readInfo } from "./clip.ts";
import { h264Writer } from "./container.ts";
import * as ffmpeg from "./ffmpeg.ts";
import type { FfmpegEngine } from "./ffmpeg.ts";

/** What becomes of a video. */
export interface CompressOptions {
  /** Frames a second. */
  readonly fps: number;
  /** Pixels of the shorter side; even. */
  readonly size: number;
  /**
   * `reference`: upright videos get the size that the original's filter gives them, which squashes
   * them, and frames are repeated and dropped by ffmpeg's output rate instead of its fps filter.
   */
  readonly compat?: "reference";
}

/** One video to compress. */
export interface CompressJob extends CompressOptions {
  readonly path: string;
  /** Where the result is written: a file that is there. */
  readonly output: string;
  /** The result's name in the end, whose extension chooses its container. */
  readonly name: string;
}

/** What was written. */
export interface Compressed {
  /** Frames that were read. */
  readonly frames: number;
  /** Bytes of the new file. */
  readonly bytes: number;
}

/**
 * ffmpeg's arguments that compress a video. The shorter side comes to `size`, the longer one in
 * proportion, rounded down to even. One thread: videos are what runs in parallel, and the bytes do not
 * depend on the number of processors. The first video stream only, cover pictures aside; no sound, no
 * subtitles, no chapters (which some containers keep as a stream), no metadata.
 *
 * @param name The name of the new file, whose extension chooses the container.
 */
export function compressArguments(input: string, name: string, options: CompressOptions): string[] {
  const { fps, size, compat } = options;
  const wide = `trunc(${size}*a/2)*2`, high = `trunc(${size}/a/2)*2`;
  const squashed = `trunc(${size}*a/2)*2`;
  const scale = (height: string) =>
    `scale='if(gt(a,1),${wide},${size})':'if(gt(a,1),${size},${height})'`;
  // Frames are dropped before they are scaled. "pass": a video shorter than one frame keeps one.
  const rate = compat
    ? ["-vf", scale(squashed), "-r", `${fps}`]
    : ["-vf", `fps=${fps}:eof_action=pass,${scale(high)}`];
  return [
    ...["-nostdin", "-nostats", "-y", "-v", "level+verbose", "-xerror", "-threads", "1"],
    ...["-max_pixels", `${ffmpeg.MOST_PIXELS}`, "-protocol_whitelist", "file"],
    ...["-i", input, "-map", "0:V:0", ...rate],
    ...["-c:v", "libx264", "-pix_fmt", "yuv420p", "-threads", "1", "-bitexact"],
    ...["-map_metadata", "-1", "-map_chapters", "-1", "-f", h264Writer(name)],
  ];
}

/**
 * Compresses a video.
 *
 * @throws UserError naming `path` where it is no video, damaged or truncated, by the rules of decoding.
 * @throws PlaceError where `output` cannot be written.
 */
export async function compressVideo(
  engine: FfmpegEngine,
  { path, output, name, ...options }: CompressJob,
): Promise<Compressed> {
  await using session = await openVideo(engine, { path });
  await readInfo(session, path);
  const args = compressArguments(session.input, name, options);
  const { failed, log } = await session.write(args, output);
  const frames = ffmpeg.decodedFrames(log) ?? 0;
  const errors = ffmpeg.errors(log, session.input);
  const cut = errors.find(ffmpeg.endsEarly);
  if (cut !== undefined) throw new UserError(`${path} is truncated (${cut}); fetch it again`);
  const full = /no space left[^(]*|[^ ]* ?quota exceeded|file too large/i.exec(errors.join("\n"));
  if (full !== null) {
    throw new PlaceError(`cannot write ${name} (${full[0].trim()}); make room there`);
  }
  const { size: bytes } = await Deno.stat(output);
  if (failed || frames === 0 || bytes === 0) {
    const [reason = "it holds no frame"] = errors;
    throw new UserError(`${path} cannot be compressed (${reason}); fetch it again`);
  }
  return { frames, bytes };
}
