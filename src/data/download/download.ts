/**
 * Many files at once. A file that cannot be had is named and passed over; what would meet every file
 * ends the whole.
 *
 * @module
 */

import { UserError } from "../../errors.ts";
import { fetchFile, type FetchOptions } from "./fetch_file.ts";
import type { Link } from "./links.ts";
import { TransferError } from "./transfer_error.ts";

/** How files are downloaded. */
export interface DownloadOptions extends FetchOptions {
  /** Files at once. */
  readonly parallel: number;
  /** Told at the start, and after every file. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Told of each file that cannot be had. */
  readonly onFailed?: (link: Link, reason: string) => void;
}

/** What {@link download} did. */
export interface DownloadSummary {
  /** Files that were fetched, and the bytes that came. */
  readonly fetched: number;
  readonly bytes: number;
  /** Of these, files that an earlier run had begun. */
  readonly resumed: number;
  /** Files that were there. */
  readonly already: number;
  readonly failed: readonly Link[];
  /** Files that were not got to, since `signal` stopped it. */
  readonly left: number;
}

/**
 * Downloads files into `folder`.
 *
 * @throws {UserError} where a server refuses the credentials, or the file system a file. What was fetched
 *   till then stays.
 */
export async function download(
  links: readonly Link[],
  folder: string,
  { parallel, onProgress, onFailed, ...options }: DownloadOptions,
): Promise<DownloadSummary> {
  const sum = { fetched: 0, bytes: 0, resumed: 0, already: 0 }, failed: Link[] = [];
  const stop = new AbortController(), { signal } = stop;
  const forward = () => stop.abort(options.signal.reason);
  options.signal.addEventListener("abort", forward);
  if (options.signal.aborted) forward();
  const queue = links.values();
  let done = 0;

  const one = async (link: Link) => {
    try {
      const file = await fetchFile(link, folder, { ...options, signal });
      if (file === undefined) {
        sum.already++;
      } else {
        sum.fetched++;
        sum.bytes += file.bytes;
        sum.resumed += Number(file.resumed);
      }
    } catch (error) {
      if (!(error instanceof TransferError)) throw error;
      if (error.remedy === "stop") throw new UserError(error.message, { cause: error });
      failed.push(link);
      onFailed?.(link, error.message);
    }
    onProgress?.(++done, links.length);
  };
  const worker = async () => {
    for (const link of queue) {
      if (signal.aborted) return;
      try {
        await one(link);
      } catch (error) {
        // The first error is the one to tell: those that follow may come of the end that it brings.
        stop.abort(error);
      }
    }
  };
  onProgress?.(0, links.length);
  await Promise.all(Array.from({ length: parallel }, worker));
  options.signal.removeEventListener("abort", forward);
  if (signal.aborted && !options.signal.aborted) throw signal.reason;
  return { ...sum, failed, left: links.length - done };
}
