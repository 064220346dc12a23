/**
 * A folder of videos into a folder of small ones. Each file appears when it is whole, so a run that was
 * ended goes on where it stopped.
 *
 * @module
 */

import { UserError } from "../../errors.ts";
import { removeAllLeftovers, writeAtomicBy } from "../../io/atomic.ts";
import { fileKind } from "../../io/file_kind.ts";
import { leaveList } from "../../io/line_list.ts";
import type { CompressOptions } from "../../video/compress.ts";
import { openCompressor } from "../../video/compressor.ts";
import { h264Name } from "../../video/container.ts";
import type { DecoderName } from "../../video/engine.ts";
import { baseName, parentFolder, trimmed } from "../paths.ts";
import { eachVideo, type EachVideoOptions } from "./each_video.ts";
import { keepApart, makeFolder, videosBelow } from "./video_folder.ts";

/** Where the videos that could not be compressed are listed, in the output folder. */
export const BAD_LIST = "bad_videos.txt";

/** What {@link compressFolder} takes besides its folders. */
export interface CompressFolderOptions extends CompressOptions, EachVideoOptions {
  /** Keep the folders below the input, rather than all videos in one folder. */
  readonly keepFolders: boolean;
  readonly decoder: DecoderName;
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

/**
 * Compresses every video below `input` that `output` does not hold yet. An output is for one run at a
 * time: what a killed run left half done is removed first.
 *
 * @throws UserError where a folder is unfit, two videos would get one name, no ffmpeg can be had, the
 *   output cannot be written, or bad videos end the run.
 */
export async function compressFolder(
  input: string,
  output: string,
  { keepFolders, decoder, fps, size, compat, ...options }: CompressFolderOptions,
): Promise<CompressSummary> {
  const { folder, videos, ignored } = await videosBelow(input), target = trimmed(output);
  await keepApart(folder, target);
  const names = namesOf(folder, videos, keepFolders);
  for (const name of new Set(names.values().map((name) => parentFolder(`${target}/${name}`)))) {
    await makeFolder(name);
    await removeAllLeftovers(name);
  }
  const jobs = [];
  for (const [path, name] of names) {
    const to = `${target}/${name}`, there = await fileKind(to) === "file";
    jobs.push({ path: `${folder}/${path}`, to, there });
  }
  using compressor = await openCompressor({ prefer: decoder, workers: options.workers });
  let bytesBefore = 0, bytesAfter = 0;
  const { made, bad, failure } = await eachVideo(jobs, async ({ path, to }) => {
    const job = { path, name: to, fps, size, compat };
    const { bytes } = await writeAtomicBy(
      to,
      (temporary) => compressor.compress({ ...job, output: temporary }),
    );
    bytesAfter += bytes;
    bytesBefore += (await Deno.stat(path)).size;
  }, { ...options, stop: () => compressor[Symbol.dispose]() });
  const there = jobs.filter((job) => job.there).length;
  const finished = failure === undefined && there + made + bad.length === jobs.length;
  await leaveList(`${target}/${BAD_LIST}`, bad, { finished }).catch((error) => {
    throw failure ?? error;
  });
  if (failure !== undefined) throw failure;
  return {
    ...{ videos: jobs.length, made, there, bad, ignored, bytesBefore, bytesAfter, finished },
    renamed: videos.filter((path) => h264Name(path) !== path).length,
    engine: compressor.name,
  };
}

/**
 * The new name of each video, by its path.
 *
 * @throws UserError where two would have one.
 */
function namesOf(
  folder: string,
  videos: readonly string[],
  keepFolders: boolean,
): Map<string, string> {
  const names = new Map<string, string>(), taken = new Map<string, string>();
  for (const path of videos) {
    const name = h264Name(keepFolders ? path : baseName(path)), other = taken.get(name);
    if (other !== undefined) {
      throw new UserError(
        `${folder}/${other} and ${folder}/${path} would both become ${name}; rename one` +
          (keepFolders ? "" : ", or keep their folders (--keep_folders)"),
      );
    }
    taken.set(name, path);
    names.set(path, name);
  }
  return names;
}
