/**
 * Work on many videos, several at a time, with a rule for the bad ones among them.
 *
 * @module
 */

import { UserError } from "../../errors.ts";
import { interruptHeard } from "../interrupt.ts";

/** How {@link eachVideo} works. */
export interface EachVideoOptions {
  /** Videos at a time. */
  readonly workers: number;
  /** What a bad video does: it is left out and told of, or ends the run. */
  readonly badVideo: "skip" | "fail";
  /** More bad videos than this end the run. */
  readonly maxBad: number;
  /** Told at the start, and after each video. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Told of each bad video that is left out. */
  readonly onBad?: (message: string) => void;
  /** Ends the run; what is in work is dropped. */
  readonly signal?: AbortSignal;
}

/** What became of the videos. */
export interface EachVideoResult {
  /** Videos that were worked on with success. */
  readonly made: number;
  /** Why videos are bad, each message beginning with the video's path. */
  readonly bad: readonly string[];
  /** What ended the run before its end; a caller throws it once it has tidied up. */
  readonly failure?: Error;
}

/** A video to work on. */
export interface VideoJob {
  /** Where it lies. */
  readonly path: string;
  /** What is made of it is there from an earlier run. */
  readonly there: boolean;
}

/**
 * Works on every video of which nothing is there yet. A video is bad where `work` throws a UserError whose
 * message begins with its path; any other error ends the run.
 *
 * @param stop Called to end the work in progress, which then throws whatever it likes.
 */
export async function eachVideo<Job extends VideoJob>(
  jobs: readonly Job[],
  work: (job: Job) => Promise<void>,
  { stop, ...options }: EachVideoOptions & { stop: () => void },
): Promise<EachVideoResult> {
  const { workers, badVideo, maxBad, onProgress, onBad, signal } = options;
  const todo = jobs.filter(({ there }) => !there);
  const bad: string[] = [];
  let made = 0, failure: Error | undefined;
  const tell = () => onProgress?.(jobs.length - todo.length + made + bad.length, jobs.length);
  const fail = (error: Error) => {
    failure ??= error;
    stop();
  };
  const judge = async ({ path }: Job, error: unknown) => {
    await interruptHeard();
    if (signal?.aborted || failure !== undefined) return;
    if (!(error instanceof UserError) || !error.message.startsWith(`${path} `)) {
      return fail(error instanceof Error ? error : new Error(String(error)));
    }
    bad.push(error.message);
    if (badVideo === "fail") return fail(error);
    onBad?.(error.message);
    if (bad.length > maxBad) {
      fail(
        new UserError(
          `${bad.length} of ${jobs.length} videos are bad, more than the ${maxBad} that may be; ` +
            "replace them, or raise the limit (--max_bad)",
        ),
      );
    }
  };
  const queue = todo.values();
  const lane = async () => {
    for (const job of queue) {
      if (failure !== undefined || signal?.aborted) return;
      await work(job).then(() => made++, (error) => judge(job, error));
      tell();
    }
  };
  signal?.addEventListener("abort", stop);
  tell();
  await Promise.all(Array.from({ length: workers }, lane));
  signal?.removeEventListener("abort", stop);
  return { made, bad, failure };
}
