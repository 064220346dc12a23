/**
 * Where the videos of a data set lie: in a folder, or in an LMDB.
 *
 * @module
 */

import { UserError } from "../errors.ts";
import type { VideoSource } from "../video/decode.ts";
import { baseName } from "./paths.ts";
import { VideoStore } from "./store.ts";

/** A folder of videos, or an LMDB made of one. */
export type VideoPlace = { readonly folder: string } | { readonly lmdb: string };

/** Finds videos by the name that a data set gives them. */
export interface VideoFinder extends AsyncDisposable {
  /** @throws UserError where an LMDB does not hold the video. */
  find(file: string): VideoSource;
}

/**
 * Opens the place where videos lie.
 *
 * @throws UserError where it does not exist or cannot be read.
 */
export async function openVideos(place: VideoPlace): Promise<VideoFinder> {
  if ("folder" in place) {
    const { folder } = place;
    const stat = await Deno.stat(folder).catch(() => undefined);
    if (!stat?.isDirectory) throw new UserError(`${folder} is no folder; give the videos' folder`);
    return {
      find: (file) => ({ path: `${folder.replace(/\/+$/, "")}/${file}` }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const store = await VideoStore.open(place.lmdb);
  return {
    find(file) {
      // A database knows videos by their names alone.
      const name = baseName(file), bytes = store.get(name);
      if (bytes === undefined) {
        throw new UserError(`${name} is not in ${place.lmdb}; pack the folder that holds it`);
      }
      return { name: `${name} in ${place.lmdb}`, bytes };
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
