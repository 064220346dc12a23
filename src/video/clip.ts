/**
 * From a video to the chosen frames of one clip, over either engine. Only chosen frames are kept, so a
 * long video costs time and no memory.
 *
 * @module
 */

import { messageOf, UserError } from "../errors.ts";
import * as ffmpeg from "./ffmpeg.ts";
import type { FfmpegEngine, FfmpegSession, VideoInfo, VideoSource } from "./ffmpeg.ts";
import { chooseFrames, clipRange, type FrameChoice } from "./sampling.ts";
import { fitFrames, type Frames } from "./transforms.ts";

/** What to take of a video. */
export interface DecodeOptions {
  /** Which frames of the clip. */
  readonly choose: FrameChoice;
  /** Where the clip starts and ends, in seconds; the whole video where absent. */
  readonly start?: number;
  readonly end?: number;
  /** Bring every frame to `size` x `size` by `fitFrames`; as decoded where absent. */
  readonly size?: number;
  /** With `size`: `false` crops without resizing. Default true. */
  readonly resize?: boolean;
}

/** The chosen frames of a clip. */
export interface Clip extends Frames {
  /** For each frame of `data`, its index in the clip; an index repeats where the clip is too short. */
  readonly indices: readonly number[];
  /** Frames in the clip. */
  readonly count: number;
  /** Average frames a second of the video. */
  readonly fps: number;
  /** Size of the video's frames, before they were fitted. */
  readonly videoHeight: number;
  readonly videoWidth: number;
}

interface Pass {
  /** Frames that were decoded. */
  seen: number;
  kept: Map<number, Frames>;
  height: number;
  width: number;
}

/** More than any video has; ffmpeg takes no number beyond 64 bits. */
const MOST_FRAMES = 2 ** 40;

/**
 * Decodes the chosen frames of a clip.
 *
 * @throws UserError naming the file where it is missing, holds no video, is damaged or truncated, or
 *   has no frame in the clip's range.
 */
export async function decodeClip(
  engine: FfmpegEngine,
  source: VideoSource,
  options: DecodeOptions,
): Promise<Clip> {
  const name = ffmpeg.sourceName(source);
  if ("path" in source) {
    const stat = await Deno.stat(source.path).catch(() => undefined);
    if (stat === undefined) throw new UserError(`${name} does not exist; check the video folder`);
    if (!stat.isFile) throw new UserError(`${name} is not a file; give a video file`);
  }
  await using session = await openVideo(engine, source);
  const info = await readInfo(session, name);
  const { start, end } = options;
  // Packets tell the number of frames nearly always; a wrong guess costs a second pass.
  let frames = info.packets;
  for (let attempt = 0; attempt < 2; attempt++) {
    const range = clipRange({ ...info, decoded: frames }, start, end);
    const indices = range.count === 0 ? [] : chooseFrames(options.choose, range.count);
    const pass = await decodePass(session, name, range.first, indices, options, info.fps);
    const actual = clipRange({ ...info, decoded: pass.seen }, start, end);
    if (actual.count === 0) {
      const longest = Math.max(pass.seen, info.packets);
      throw new UserError(
        `${name} has no frame between ${start ?? 0} s and ${end ?? "its end"}${end ? " s" : ""} ` +
          `(it ends at ${(longest / info.fps).toFixed(2)} s); correct the clip's times`,
      );
    }
    if (actual.count === range.count) return assemble(pass, indices, range, info.fps);
    frames = pass.seen;
  }
  throw new UserError(`${name} decodes differently each time; replace the file`);
}

/**
 * Opens a video.
 *
 * @throws UserError naming a file that cannot be read: it may have gone since it was looked for.
 */
export async function openVideo(
  engine: FfmpegEngine,
  source: VideoSource,
): Promise<FfmpegSession> {
  try {
    return await engine.open(source);
  } catch (error) {
    if (error instanceof UserError || !("path" in source)) throw error;
    throw new UserError(
      `${source.path} cannot be opened (${messageOf(error)}); check its permissions`,
    );
  }
}

/**
 * What the container says about the video.
 *
 * @throws UserError naming the file where it holds no video, no frame, or fewer than it declares.
 */
export async function readInfo(session: FfmpegSession, name: string): Promise<VideoInfo> {
  const decoder = new TextDecoder();
  let json = "";
  const { log } = await session.run("ffprobe", ffmpeg.infoArguments(session.input), (chunk) => {
    json += decoder.decode(chunk, { stream: true });
  });
  const info = ffmpeg.parseInfo(json);
  if (info === undefined) {
    const [reason] = ffmpeg.errors(log, session.input);
    const problem = reason === undefined
      ? "holds no video stream"
      : `cannot be read as a video (${reason})`;
    throw new UserError(`${name} ${problem}; replace the file`);
  }
  if (info.refers) {
    throw new UserError(`${name} is no video but a list of other files; replace the file`);
  }
  const missing = info.editable ? 0 : (info.declared ?? 0) - info.packets;
  if (missing > 0 && !await endsAsDeclared(session, info)) {
    throw new UserError(
      `${name} is truncated (${info.packets} of ${info.declared} frames are there); fetch it again`,
    );
  }
  if (info.packets === 0) throw new UserError(`${name} holds no frame; replace the file`);
  return info;
}

/**
 * Whether the last packet stands where the video is to end. An AVI declares its length in steps of time,
 * and leaves steps empty where the frame before is to stay.
 */
async function endsAsDeclared(session: FfmpegSession, { declared }: VideoInfo): Promise<boolean> {
  const decoder = new TextDecoder();
  let lines = "";
  await session.run("ffprobe", ffmpeg.stepArguments(session.input), (chunk) => {
    lines += decoder.decode(chunk, { stream: true });
  });
  const steps = lines.split("\n").map((line) => Number.parseInt(line)).filter(Number.isInteger);
  const widest = steps.reduce((most, step, i) => Math.max(most, step - (steps[i - 1] ?? -1)), 1);
  return declared !== undefined && (steps.at(-1) ?? -1) + widest >= declared;
}

async function decodePass(
  session: FfmpegSession,
  name: string,
  first: number,
  indices: readonly number[],
  options: DecodeOptions,
  fps: number,
): Promise<Pass> {
  const { size, resize, end } = options;
  const wanted = [...new Set(indices)].sort((a, b) => a - b);
  const pass: Pass = { seen: 0, kept: new Map(), height: 0, width: 0 };
  const stream = new ffmpeg.PpmStream((frame) => {
    Object.assign(pass, { height: frame.height, width: frame.width });
    const fitted = size === undefined ? frame : fitFrames(frame, size, resize);
    pass.kept.set(wanted[pass.kept.size], fitted);
  });
  const limit = end === undefined
    ? undefined
    : Math.min(Math.max(1, Math.trunc(end * fps) + 1), MOST_FRAMES);
  const numbers = wanted.map((index) => index + first);
  const args = ffmpeg.frameArguments(session.input, numbers, limit);
  const { failed, log } = await session.run("ffmpeg", args, (chunk) => stream.push(chunk));
  pass.seen = ffmpeg.decodedFrames(log) ?? 0;
  const errors = ffmpeg.errors(log, session.input), cut = errors.find(ffmpeg.endsEarly);
  if (cut !== undefined) throw new UserError(`${name} is truncated (${cut}); replace the file`);
  if (failed || pass.seen === 0) {
    const [reason = "it holds no frame"] = errors;
    throw new UserError(`${name} cannot be decoded (${reason}); replace the file`);
  }
  return pass;
}

function assemble(
  pass: Pass,
  indices: readonly number[],
  range: { count: number },
  fps: number,
): Clip {
  const frames = indices.map((index) => pass.kept.get(index)!);
  const { height, width } = frames[0], bytes = height * width * 3;
  const data = new Uint8Array(indices.length * bytes);
  frames.forEach((frame, i) => data.set(frame.data, i * bytes));
  const video = { videoHeight: pass.height, videoWidth: pass.width };
  return { data, height, width, indices, count: range.count, fps, ...video };
}
