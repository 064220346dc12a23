/**
 * A folder of videos into a folder of small ones. Each file appears when it is whole, so a run that was
 * ended goes on where it stopped.
 *
 * @module
 */

import { UserError } from "../errors.ts";
import { removeAllLeftovers, writeAtomic, writeAtomicBy } from "../io/atomic.ts";
import type { CompressOptions } from "../video/compress.ts";
import { type Compressor, openCompressor } from "../video/compressor.ts";
import { h264Name } from "../video/container.ts";
import type { DecoderName } from "../video/engine.ts";
import { keepApart, makeFolder, parentFolder, trimmed, videosBelow } from "./video_folder.ts";
import { baseName } from "./video_list.ts";

/** Where the videos that could not be compressed are listed, in the output folder. */
export const BAD_LIST = "bad_videos.txt";

/** What {@link compressFolder} takes besides its folders. */
export interface CompressFolderOptions extends CompressOptions {
  /** Keep the folders below the input, rather than all videos in one folder. */
  readonly keepFolders: boolean;
  readonly workers: number;
  readonly decoder: DecoderName;
  /** What a bad video does: it is left out and listed, or ends the run. */
  readonly badVideo: "skip" | "stop";
  /** More bad videos than this end the run. */
  readonly maxBad: (videos: number) => number;
  /** Told at the start, and after each video. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Told of each bad video. */
  readonly onBad?: (message: string) => void;
  /** Ends the run; what is not whole is dropped. */
  readonly signal?: AbortSignal;
}

/** What {@link compressFolder} did. */
export interface CompressSummary {
  /** Videos that the input holds. */
  readonly videos: number;
  /** Videos compressed by this run. */
  readonly made: number;
  /** Videos that were there from an earlier run. */
  readonly there: number;
  /** Why videos are bad, each message beginning with the video's path. */
  readonly bad: readonly string[];
  /** Videos whose extension became `.mp4`. */
  readonly renamed: number;
  /** Files that are no videos, by their names. */
  readonly ignored: number;
  /** Bytes of the videos compressed by this run. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Which ffmpeg compressed. */
  readonly engine: "native" | "wasm";
  /** False where `signal` ended the run. */
  readonly finished: boolean;
}

/** A video to compress. */
interface Plan {
  readonly from: string;
  readonly to: string;
}

/**
 * Compresses every video below `input` that `output` does not hold yet.
 *
 * @throws UserError where a folder is unfit, two videos would get one name, no ffmpeg can be had, the
 *   output cannot be written, or bad videos end the run.
 */
export async function compressFolder(
  input: string,
  output: string,
  options: CompressFolderOptions,
): Promise<CompressSummary> {
  const { folder, videos, ignored } = await videosBelow(input), target = trimmed(output);
  await keepApart(folder, target);
  const plans = plan(folder, target, videos, options.keepFolders);
  for (const folder of new Set([target, ...plans.map(({ to }) => parentFolder(to))])) {
    await makeFolder(folder);
    await removeAllLeftovers(folder);
  }
  const todo: Plan[] = [];
  for (const step of plans) if (!await isFile(step.to)) todo.push(step);

  const run = new Run(todo, plans.length, options);
  const engine = await run.all();
  await noteBad(target, run.bad);
  if (run.failure !== undefined) throw run.failure;
  const { made, bad, bytesBefore, bytesAfter } = run, there = plans.length - todo.length;
  return {
    ...{ videos: videos.length, made, there, bad, bytesBefore, bytesAfter, engine },
    ...{ ignored, renamed: videos.filter((path) => h264Name(path) !== path).length },
    finished: there + made + bad.length === plans.length,
  };
}

/** The work of one run. */
class Run {
  made = 0;
  bytesBefore = 0;
  bytesAfter = 0;
  readonly bad: string[] = [];
  /** What ended the run. */
  failure: Error | undefined;
  readonly #queue: Iterator<Plan>;
  readonly #there: number;

  constructor(todo: Plan[], readonly total: number, readonly options: CompressFolderOptions) {
    this.#queue = todo.values();
    this.#there = total - todo.length;
  }

  /** Works until all is done or the run ends. */
  async all(): Promise<"native" | "wasm"> {
    const { decoder: prefer, workers, signal } = this.options;
    using compressor = await openCompressor({ prefer, workers });
    const stop = () => compressor[Symbol.dispose]();
    signal?.addEventListener("abort", stop);
    const lane = async () => {
      while (this.failure === undefined && !signal?.aborted) {
        const { value: next, done } = this.#queue.next();
        if (done) return;
        await this.#one(compressor, next).catch((error) => {
          this.failure ??= error;
          stop();
        });
        this.#tell();
      }
    };
    this.#tell();
    await Promise.all(Array.from({ length: workers }, lane));
    return compressor.name;
  }

  #tell(): void {
    this.options.onProgress?.(this.#there + this.made + this.bad.length, this.total);
  }

  async #one(compressor: Compressor, { from, to }: Plan): Promise<void> {
    const { fps, size, compat, signal } = this.options;
    try {
      const { bytes } = await writeAtomicBy(
        to,
        (temporary) =>
          compressor.compress({ path: from, output: temporary, name: to, fps, size, compat }),
      );
      this.made++;
      this.bytesAfter += bytes;
      this.bytesBefore += (await Deno.stat(from)).size;
    } catch (error) {
      // A terminal's Ctrl-C reaches ffmpeg too, perhaps before this process hears of it.
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (signal?.aborted || this.failure !== undefined) return;
      if (!(error instanceof UserError) || !error.message.startsWith(`${from} `)) throw error;
      this.#bad(error);
    }
  }

  #bad(error: UserError): void {
    const { badVideo, maxBad, onBad } = this.options;
    this.bad.push(error.message);
    onBad?.(error.message);
    if (badVideo === "stop") throw error;
    const most = maxBad(this.total);
    if (this.bad.length > most) {
      throw new UserError(
        `${this.bad.length} of ${this.total} videos are bad, more than the ${most} that may be; ` +
          `the last: ${error.message}`,
      );
    }
  }
}

/**
 * Which video becomes which file.
 *
 * @throws UserError where two would become one.
 */
function plan(input: string, output: string, videos: readonly string[], keepFolders: boolean) {
  const sources = new Map<string, string>();
  for (const path of videos) {
    const name = h264Name(keepFolders ? path : baseName(path)), other = sources.get(name);
    if (other !== undefined) {
      throw new UserError(
        `${input}/${other} and ${input}/${path} would both become ${output}/${name}; rename one` +
          (keepFolders ? "" : ", or keep their folders (--keep_folders)"),
      );
    }
    sources.set(name, path);
  }
  return [...sources].map(([name, path]) => ({
    from: `${input}/${path}`,
    to: `${output}/${name}`,
  }));
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((stat) => stat.isFile, () => false);
}

/** Leaves the list of the bad videos, or none where there is none. */
async function noteBad(output: string, bad: readonly string[]): Promise<void> {
  const path = `${output}/${BAD_LIST}`;
  if (bad.length > 0) await writeAtomic(path, bad.toSorted().join("\n") + "\n");
  else await Deno.remove(path).catch(() => {});
}
