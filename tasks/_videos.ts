/**
 * What the tasks that prepare videos share: their flags, and how they sum up.
 *
 * @module
 */
import type { EachVideoOptions } from "../src/data/prepare/each_video.ts";
import { flags as trainFlags } from "../src/train/config/settings.ts";
import { Progress } from "../src/train/log/progress.ts";
import { writeLine } from "../src/train/log/terminal.ts";

/** How videos are read. */
export const readingFlags = {
  workers: {
    kind: "int",
    default: navigator.hardwareConcurrency,
    min: 1,
    meaning: "videos in work at a time",
  },
  decoder: { ...trainFlags.decoder, meaning: "ffmpeg on the PATH, or ffmpeg.wasm" },
} as const;

/** What a bad video does. */
export const badVideoFlags = {
  bad_video: {
    ...trainFlags.bad_video,
    meaning: "what a video that cannot be read does: it is named and left out, or ends the run",
  },
  max_bad: {
    kind: "int",
    default: null,
    min: 0,
    meaning: "most videos that may be left out since they are bad: one more ends the run",
  },
} as const;

/** The rule for bad videos that flags give; each is named on a line. */
export function badVideoRule(values: { bad_video: "skip" | "fail"; max_bad: number | null }) {
  return {
    badVideo: values.bad_video,
    maxBad: values.max_bad ?? Infinity,
    onBad: (message: string) => writeLine(`bad: ${message}`),
  };
}

/** Runs `work` under a progress bar. */
export async function withProgress<T>(
  label: string,
  work: (onProgress: NonNullable<EachVideoOptions["onProgress"]>) => Promise<T>,
): Promise<T> {
  let progress: Progress | undefined;
  return await work((done, total) =>
    (progress ??= new Progress(label, total, { from: done })).update(done)
  ).finally(() => progress?.[Symbol.dispose]());
}

/** Prints the parts of a summary that say something, and what goes on with an unfinished run. */
export function sumUp(parts: readonly (string | false)[], finished: boolean): void {
  writeLine(parts.filter((part) => part !== false).join("; "));
  if (!finished) writeLine("Not finished; the same command goes on.");
}

/** A number of things: "1 video", "2 videos". */
export function count(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? "" : "s"}`;
}

/** Bytes for people: "3.1 MB". */
export function bytesText(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
