/**
 * Decoding by the ffmpeg that is installed on the machine.
 *
 * @module
 */

import { messageOf, PlaceError } from "../errors.ts";
import { Ended } from "./ended.ts";
import { type FfmpegEngine, type FfmpegSession, sourceExtension } from "./ffmpeg.ts";
import type { VideoSource } from "./ffmpeg.ts";

let version: Promise<string | undefined> | undefined;

/**
 * The version of the ffmpeg on the PATH, or nothing where it or ffprobe is missing, does not start, or
 * may not be run. It is looked for once a process.
 */
export function nativeVersion(): Promise<string | undefined> {
  return version ??= findVersion();
}

async function findVersion(): Promise<string | undefined> {
  try {
    const [ffmpeg, ffprobe] = await Promise.all(
      ["ffmpeg", "ffprobe"].map((program) =>
        new Deno.Command(program, { args: ["-version"], stdin: "null", stderr: "null" }).output()
      ),
    );
    if (!ffmpeg.success || !ffprobe.success) return undefined;
    return /version (\S+)/.exec(new TextDecoder().decode(ffmpeg.stdout))?.[1];
  } catch {
    return undefined;
  }
}

/** Whether there is a native ffmpeg, and it has libx264: some distributions leave it out. */
export async function canEncode(): Promise<boolean> {
  if (await nativeVersion() === undefined) return false;
  const { stdout } = await new Deno.Command("ffmpeg", {
    args: ["-v", "error", "-encoders"],
    ...{ stdin: "null", stderr: "null" },
  }).output();
  return /^ V\S* libx264 /m.test(new TextDecoder().decode(stdout));
}

/** {@link nativeEngine}. */
export interface NativeEngine extends FfmpegEngine {
  /**
   * Ends the programs that are at work, and lets none start any more. A process that ends without this may
   * leave them behind, and one that writes a file goes on writing.
   */
  kill(): void;
}

/** The programs of an engine. */
interface Programs {
  readonly running: Set<Deno.ChildProcess>;
  /** None may start any more. */
  killed: boolean;
}

/**
 * ffmpeg and ffprobe as child processes.
 *
 * @param scratch A folder for videos that come as bytes: a pipe cannot seek, and many MP4 files keep
 *   their index at the end.
 */
export function nativeEngine(scratch: string): NativeEngine {
  const programs: Programs = { running: new Set(), killed: false };
  return {
    name: "native",
    async open(source: VideoSource): Promise<FfmpegSession> {
      if ("path" in source) return new NativeSession(programs, source.path);
      let file: string | undefined;
      try {
        file = await Deno.makeTempFile({ dir: scratch, suffix: sourceExtension(source) });
        await Deno.writeFile(file, source.bytes);
        return new NativeSession(programs, file, file);
      } catch (error) {
        // Half of a video would keep a full disk full.
        if (file !== undefined) await Deno.remove(file).catch(() => {});
        throw new PlaceError(
          `cannot write to ${scratch} (${messageOf(error)}); make room there, or point TMPDIR ` +
            "elsewhere",
        );
      }
    },
    kill() {
      programs.killed = true;
      for (const child of programs.running) end(child, "SIGKILL");
    },
  };
}

function end(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has just ended.
  }
}

class NativeSession implements FfmpegSession {
  readonly input: string;

  constructor(
    readonly programs: Programs,
    path: string,
    readonly temporary?: string,
  ) {
    // The prefix keeps a name such as "concat:a" or "-y" from being taken for anything but a file.
    this.input = `file:${path}`;
  }

  run(
    program: "ffmpeg" | "ffprobe",
    args: readonly string[],
    onOutput: (chunk: Uint8Array) => void,
  ): Promise<{ failed: boolean; log: string }> {
    return this.#spawn(program, program === "ffmpeg" ? [...args, "pipe:1"] : args, onOutput);
  }

  write(args: readonly string[], output: string): Promise<{ failed: boolean; log: string }> {
    return this.#spawn("ffmpeg", [...args, `file:${output}`], () => {});
  }

  async #spawn(
    program: string,
    args: readonly string[],
    onOutput: (chunk: Uint8Array) => void,
  ): Promise<{ failed: boolean; log: string }> {
    if (this.programs.killed) throw new Ended(`${program} was not started any more`);
    const child = new Deno.Command(program, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.programs.running.add(child);
    const log = new Response(child.stderr).text();
    try {
      for await (const chunk of child.stdout) onOutput(chunk);
      const { success, signal } = await child.status, messages = await log;
      const told = signal ?? /^(\[info\] )?Exiting normally, received signal \d+/m.exec(messages);
      if (told) throw new Ended(`${program} was ended by a signal${signal ? `, ${signal}` : ""}`);
      return { failed: !success, log: messages };
    } catch (error) {
      end(child, "SIGTERM");
      await Promise.allSettled([log, child.status]);
      throw error;
    } finally {
      this.programs.running.delete(child);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.temporary !== undefined) await Deno.remove(this.temporary);
  }
}
