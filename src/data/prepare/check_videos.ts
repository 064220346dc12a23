/**
 * Which videos of a place can be decoded, and what they are.
 *
 * @module
 */

import { PlaceError, UserError } from "../../errors.ts";
import { type DecoderName, openDecoder } from "../../video/decode.ts";
import { videosBelow } from "./video_folder.ts";
import { listVideos } from "../video_list.ts";
import { openVideos, type VideoPlace } from "../video_source.ts";

/** A video that can be decoded to its end. */
export interface SoundVideo {
  /** Its path below the folder, or its key in the LMDB. */
  readonly file: string;
  /** Frames that were decoded. */
  readonly frames: number;
  /** Average frames a second. */
  readonly fps: number;
  /** `frames / fps`, to the millisecond. */
  readonly seconds: number;
  /** Pixels, upright. */
  readonly width: number;
  readonly height: number;
}

/** A video that cannot be decoded, or holds less than its header says. */
export interface BadVideo {
  readonly file: string;
  /** What is wrong, in one line that begins with the video's name. */
  readonly problem: string;
}

/** What {@link checkVideos} takes besides the place. */
export interface CheckOptions {
  readonly workers: number;
  readonly decoder: DecoderName;
  /** Told at the start, and after each video. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Told of each bad video. */
  readonly onBad?: (video: BadVideo) => void;
  /** Ends the check. */
  readonly signal?: AbortSignal;
}

/** What {@link checkVideos} found, in the order of the videos' names. */
export interface VideoReport {
  readonly videos: readonly (SoundVideo | BadVideo)[];
  /** Files that are no videos, by their names. */
  readonly ignored: number;
  /** False where `signal` ended the check: then `videos` holds those that were reached. */
  readonly finished: boolean;
}

/** Whether a video is bad. */
export function isBad(video: SoundVideo | BadVideo): video is BadVideo {
  return "problem" in video;
}

/**
 * Decodes every video of a place, each to its end.
 *
 * @throws UserError where the place cannot be read or holds no video, and where no decoder can be had.
 */
export async function checkVideos(place: VideoPlace, options: CheckOptions): Promise<VideoReport> {
  const { workers, decoder: prefer, onProgress, onBad, signal } = options;
  const { videos: files, ignored } = await namesOf(place);
  await using source = await openVideos(place);
  using decoder = await openDecoder({ prefer, workers });
  signal?.addEventListener("abort", () => decoder.close());
  if (signal?.aborted) decoder.close();
  const found = new Map<string, SoundVideo | BadVideo>();
  const check = async (file: string): Promise<SoundVideo | BadVideo> => {
    try {
      // One frame stands for all: it is only chosen once the whole video is decoded.
      const { count: frames, fps, videoWidth: width, videoHeight: height } = await decoder.decode(
        () => source.find(file),
        { choose: { rule: "uniform", frames: 1 } },
      );
      return { file, frames, fps, seconds: Math.round(frames / fps * 1000) / 1000, width, height };
    } catch (error) {
      if (signal?.aborted || !(error instanceof UserError) || error instanceof PlaceError) {
        throw error;
      }
      return { file, problem: error.message };
    }
  };
  onProgress?.(0, files.length);
  await Promise.all(files.map(async (file) => {
    const video = await check(file);
    found.set(file, video);
    if (isBad(video)) onBad?.(video);
    onProgress?.(found.size, files.length);
  })).catch((error) => {
    if (!signal?.aborted) throw error;
  });
  const videos = files.flatMap((file) => found.get(file) ?? []);
  return { videos, ignored, finished: videos.length === files.length };
}

async function namesOf(place: VideoPlace): Promise<{ videos: readonly string[]; ignored: number }> {
  if ("folder" in place) return await videosBelow(place.folder);
  return { videos: (await listVideos(place)).files, ignored: 0 };
}
