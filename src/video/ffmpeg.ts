/**
 * What native ffmpeg and ffmpeg.wasm share: the command lines, and how their output is read. Frames
 * come as a stream of PPM images, each of which carries its own size, so a rotation that ffmpeg applies
 * needs no further care.
 *
 * @module
 */

import type { Frames } from "./transforms.ts";

/** A video file on disk, or the bytes of one with the name that messages give it. */
export type VideoSource = { readonly path: string } | {
  readonly name: string;
  readonly bytes: Uint8Array;
};

/** The name of a source in messages. */
export function sourceName(source: VideoSource): string {
  return "path" in source ? source.path : source.name;
}

/** The extension of a source, with its dot, or nothing: ffmpeg takes it as a hint. */
export function sourceExtension(source: VideoSource): string {
  return /\.[a-z0-9]{1,8}$/i.exec(sourceName(source))?.[0] ?? "";
}

/** One video opened for ffmpeg's programs. */
export interface FfmpegSession extends AsyncDisposable {
  /** The name of the input on a command line. */
  readonly input: string;
  /**
   * Runs a program with `args` and hands its output to `onOutput`. A chunk is only valid during the
   * call.
   *
   * @returns Whether the program reported failure, and its messages.
   */
  run(
    program: "ffmpeg" | "ffprobe",
    args: readonly string[],
    onOutput: (chunk: Uint8Array) => void,
  ): Promise<{ failed: boolean; log: string }>;
  /** Runs ffmpeg and has it write the file at `output`, which is there already. */
  write(args: readonly string[], output: string): Promise<{ failed: boolean; log: string }>;
}

/** Something that runs ffmpeg's programs: the native ones or the WebAssembly build. */
export interface FfmpegEngine {
  readonly name: "native" | "wasm";
  open(source: VideoSource): Promise<FfmpegSession>;
}

/** What the container says about its first video stream (cover pictures aside). */
export interface VideoInfo {
  /** Frames as the container declares them; not every container does. */
  readonly declared?: number;
  /** Packets that are really there: the number of frames, nearly always. */
  readonly packets: number;
  /** Average frames a second. */
  readonly fps: number;
  /** Whether edit lists may rightly leave fewer packets than declared. */
  readonly editable: boolean;
  /** Whether the file names others, which hold the video: a text that ffmpeg takes for a playlist. */
  readonly refers: boolean;
}

/** ffmpeg's names of the formats that name other files. */
const REFERRING = new Set(["concat", "concatf", "dash", "hls", "imf", "avisynth", "vapoursynth"]);

/** ffprobe's arguments for {@link parseInfo}. */
export function infoArguments(input: string): string[] {
  const entries = "stream=nb_frames,nb_read_packets,avg_frame_rate,r_frame_rate:format=format_name";
  return [
    ...["-v", "error", "-protocol_whitelist", "file", "-select_streams", "V:0"],
    ...["-count_packets", "-show_entries", entries, "-of", "json", input],
  ];
}

/** ffprobe's arguments that list when each packet is decoded, in the stream's steps of time, one a line. */
export function stepArguments(input: string): string[] {
  return [
    ...["-v", "error", "-protocol_whitelist", "file", "-select_streams", "V:0"],
    ...["-show_entries", "packet=dts", "-of", "csv=p=0", input],
  ];
}

/** Reads ffprobe's JSON; nothing where there is no video stream or no JSON. */
export function parseInfo(json: string): VideoInfo | undefined {
  let probe: { streams?: Record<string, string>[]; format?: { format_name?: string } };
  try {
    probe = JSON.parse(json);
  } catch {
    return undefined;
  }
  const stream = probe.streams?.[0];
  if (stream === undefined) return undefined;
  const rate = (text = "0/0") => {
    const [frames, seconds] = text.split("/").map(Number);
    return frames / seconds;
  };
  const average = rate(stream.avg_frame_rate);
  const formats = probe.format?.format_name?.split(",") ?? [];
  return {
    declared: stream.nb_frames === undefined ? undefined : Number(stream.nb_frames),
    packets: Number(stream.nb_read_packets ?? 0),
    fps: average > 0 ? average : rate(stream.r_frame_rate),
    editable: formats.includes("mov"),
    refers: formats.some((format) => REFERRING.has(format)),
  };
}

/** Pixels of a frame: twice what 8K has. A header may claim any size, and a frame is held as a whole. */
export const MOST_PIXELS = 2 ** 26;

/**
 * ffmpeg's arguments that decode the first `limit` frames, or all, and output those at the ascending
 * indices `wanted`. Errors in the data end the run instead of being painted over. Time stamps are
 * replaced by numbers, since ffmpeg would repeat and drop frames to keep a constant rate (its option
 * against that is spelled differently from version to version). The exact integer paths of IDCT and
 * colour conversion make the pixels independent of the processor.
 */
export function frameArguments(
  input: string,
  wanted: readonly number[],
  limit: number | undefined,
): string[] {
  const filters = [
    ...(limit === undefined ? [] : [`trim=end_frame=${limit}`]),
    `select='${runs(wanted).map(([a, b]) => `between(n,${a},${b})`).join("+") || 0}'`,
    "settb=1/25",
    "setpts=N",
    "scale=flags=bicubic+accurate_rnd+bitexact",
  ];
  return [
    ...["-nostdin", "-nostats", "-v", "level+verbose", "-xerror", "-threads", "1"],
    ...["-flags", "+bitexact", "-max_pixels", `${MOST_PIXELS}`, "-protocol_whitelist", "file"],
    ...["-i", input, "-map", "0:V:0"],
    ...["-vf", filters.join(","), "-r", "25"],
    ...["-c:v", "ppm", "-pix_fmt", "rgb24", "-f", "image2pipe"],
  ];
}

/** Ascending integers as runs of consecutive ones, both ends included. */
function runs(ascending: readonly number[]): [first: number, last: number][] {
  const found: [number, number][] = [];
  for (const n of ascending) {
    const run = found.at(-1);
    if (run !== undefined && run[1] === n - 1) run[1] = n;
    else found.push([n, n]);
  }
  return found;
}

/** How many frames were decoded, by ffmpeg's closing statistics; nothing where it ended before them. */
export function decodedFrames(log: string): number | undefined {
  const line = /^(\[in#[^\]]*\] )?\[verbose\] +Input stream #.*?(\d+) frames decoded/m.exec(log);
  return line === null ? undefined : Number(line[2]);
}

/**
 * The errors in a log, without the component that wrote each and without the input's name. Where lines
 * carry their level, others than errors are passed over.
 */
export function errors(log: string, input: string): string[] {
  return log.split("\n")
    .filter((line) => !/^(\[[^\]]* @ [^\]]*\] )?\[(warning|info|verbose)\]/.test(line))
    .map((line) => line.replace(/^(\[[^\]]*\]\s*)*/, "").trim())
    .filter((text) => text !== "" && text !== "Aborted()")
    .map((text) => text.replaceAll(`${input}: `, "").replaceAll(input, "the file"));
}

/** Whether an error tells that the file ends too early, which ffmpeg does not count as a failure. */
export function endsEarly(error: string): boolean {
  return /partial file|ended prematurely/i.test(error);
}

/** Cuts a stream of PPM images into frames. */
export class PpmStream {
  #header = "";
  #width = 0;
  #height = 0;
  /** Bytes still missing from the frame in progress; 0 while its header is read. */
  #missing = 0;
  #pixels = new Uint8Array(0);

  constructor(readonly onFrame: (frame: Frames) => void) {}

  /** Takes the next bytes of the stream. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      at += this.#missing === 0 ? this.#readHeader(chunk[at]) : this.#readPixels(chunk, at);
    }
  }

  #readHeader(byte: number): number {
    this.#header += String.fromCharCode(byte);
    const match = /^P6\n(\d+) (\d+)\n255\n$/.exec(this.#header);
    if (match === null) return 1;
    [this.#width, this.#height] = [Number(match[1]), Number(match[2])];
    this.#header = "";
    this.#missing = this.#width * this.#height * 3;
    this.#pixels = new Uint8Array(this.#missing);
    return 1;
  }

  #readPixels(chunk: Uint8Array, at: number): number {
    const size = Math.min(this.#missing, chunk.length - at);
    this.#pixels.set(chunk.subarray(at, at + size), this.#pixels.length - this.#missing);
    this.#missing -= size;
    if (this.#missing === 0) {
      this.onFrame({ data: this.#pixels, height: this.#height, width: this.#width });
    }
    return size;
  }
}
