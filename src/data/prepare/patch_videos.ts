/**
 * Frames of videos and their patches as images: what a vision transformer sees (figure 1 of CenterCLIP).
 *
 * @module
 */

import { UserError } from "../../errors.ts";
import { removeAllLeftovers, removeLeftovers } from "../../io/atomic.ts";
import { writeFolder } from "../../io/atomic_folder.ts";
import { fileKind } from "../../io/file_kind.ts";
import { type DecoderName, openDecoder } from "../../video/decode.ts";
import { eachFrame, patchColumns, png } from "../../video/png.ts";
import type { Frames } from "../../video/transforms.ts";
import { parentFolder, trimmed } from "../paths.ts";
import { eachVideo, type EachVideoOptions, type VideoJob } from "./each_video.ts";
import { keepApart, makeFolder, videosBelow } from "./video_folder.ts";

/** Which frames, and how they are cut. */
export interface PatchOptions {
  /** Frames of a video, evenly spaced as in evaluation. */
  readonly frames: number;
  /** Pixels of a frame's side after the crop. */
  readonly size: number;
  /** `false` crops without resizing. */
  readonly resize: boolean;
  /** Pixels of a patch's side. */
  readonly patch: number;
}

/** What {@link patchVideos} takes besides its paths. */
export interface PatchVideosOptions extends PatchOptions, EachVideoOptions {
  readonly decoder: DecoderName;
}

/** What {@link patchVideos} did. */
export interface PatchSummary {
  /** Videos drawn by this run. */
  readonly made: number;
  /** Videos that were there from an earlier run. */
  readonly there: number;
  /** Why videos are bad, each message beginning with the video's path. */
  readonly bad: readonly string[];
  /** Files that are no videos, by their names. */
  readonly ignored: number;
  /** False where the signal ended the run. */
  readonly finished: boolean;
}

/**
 * Writes the frames of a video to the folder `output`, as `crop-<i>.png` with `i` from 1, and their
 * patches as `crop-<i>/crop-<i>-<n>.png`, column by column. Of a folder's videos each gets a folder below
 * `output`, under its path without extension; one that is there is left as it is.
 *
 * @throws UserError where a path is unfit, two videos would get one folder or one in the other, or bad
 *   videos end the run.
 */
export async function patchVideos(
  input: string,
  output: string,
  { frames, size, resize, patch, decoder: prefer, ...options }: PatchVideosOptions,
): Promise<PatchSummary> {
  const alone = await fileKind(input) === "file";
  const { jobs, ignored } = alone
    ? await planOne(input, trimmed(output))
    : await planAll(input, trimmed(output));
  // A video that was asked for by itself is no exception among many.
  const rule = alone ? { badVideo: "fail" } as const : {};
  using decoder = await openDecoder({ prefer, workers: options.workers });
  const choose = { rule: "uniform", frames } as const;
  const { made, bad, failure } = await eachVideo(jobs, async ({ path, folder }) => {
    const clip = await decoder.decode({ path }, { choose, size, resize });
    await writeFolder(folder, images(clip, patch));
  }, { ...options, ...rule, stop: () => decoder.close() });
  if (failure !== undefined) throw failure;
  const there = jobs.filter((job) => job.there).length;
  const finished = there + made + bad.length === jobs.length;
  return { made, there, bad, ignored, finished };
}

function* images(clip: Frames, patch: number): Generator<[path: string, png: Uint8Array]> {
  for (const [i, frame] of eachFrame(clip).entries()) {
    const name = `crop-${i + 1}`;
    yield [`${name}.png`, png(frame)];
    for (const [n, square] of patchColumns(frame, patch).entries()) {
      yield [`${name}/${name}-${n + 1}.png`, png(square)];
    }
  }
}

interface Plan {
  readonly jobs: (VideoJob & { readonly folder: string })[];
  readonly ignored: number;
}

async function planOne(video: string, folder: string): Promise<Plan> {
  await demandRoom(folder);
  await makeFolder(parentFolder(folder));
  await removeLeftovers(folder);
  return { jobs: [{ path: video, folder, there: false }], ignored: 0 };
}

async function planAll(input: string, output: string): Promise<Plan> {
  const { folder: root, videos, ignored } = await videosBelow(input);
  await keepApart(root, output);
  const folders = new Map<string, string>();
  for (const path of videos) {
    const folder = `${output}/${path.replace(/\.[^./]*$/, "")}`, other = folders.get(folder);
    if (other !== undefined) {
      throw new UserError(
        `${root}/${other} and ${root}/${path} would share the folder ${folder}; rename one`,
      );
    }
    folders.set(folder, path);
  }
  refuseNested(root, folders);
  for (const parent of new Set([...folders.keys()].map(parentFolder))) {
    await makeFolder(parent);
    await removeAllLeftovers(parent);
  }
  const jobs = [...folders].map(async ([folder, path]) => ({
    path: `${root}/${path}`,
    folder,
    there: await fileKind(folder) === "folder",
  }));
  return { jobs: await Promise.all(jobs), ignored };
}

/** @throws UserError where a video's folder would lie in that of another. */
function refuseNested(root: string, folders: ReadonlyMap<string, string>): void {
  for (const [folder, path] of folders) {
    for (let above = folder; above.includes("/");) {
      above = above.slice(0, above.lastIndexOf("/"));
      const other = folders.get(above);
      if (other === undefined) continue;
      throw new UserError(
        `the folder of ${root}/${path} would lie in that of ${root}/${other}, ${above}; rename one`,
      );
    }
  }
}

/** @throws UserError where the path is taken, by anything but an empty folder. */
export async function demandRoom(path: string): Promise<void> {
  const kind = await fileKind(path);
  if (kind === undefined) return;
  if (kind === "folder" && (await Array.fromAsync(Deno.readDir(path))).length === 0) return;
  throw new UserError(`${path} exists and is not empty; remove it, or choose another output`);
}
