/**
 * One file from its link to its place: attempts with growing pauses, and its name only once it is known for
 * a whole video.
 *
 * @module
 */

import { UserError } from "../../errors.ts";
import { interruptHeard } from "../interrupt.ts";
import type { Finisher } from "./finish.ts";
import type { Link } from "./links.ts";
import { PartFile } from "./part_file.ts";
import type { RequestOptions } from "./request.ts";
import { transfer } from "./transfer.ts";
import { TransferError } from "./transfer_error.ts";

/** How a file is fetched. */
export interface FetchOptions extends RequestOptions {
  /** Attempts after the first one that bring nothing new. */
  readonly retries: number;
  /** Milliseconds before the first of them; each following pause is up to twice as long. */
  readonly pauseMs: number;
  /** The longest pause; a server that asks for a longer one is not asked again. Default 10 minutes. */
  readonly maxPauseMs?: number;
  /** See {@link Finisher}. */
  readonly finish: Finisher["finish"];
}

/** What became of a file. */
export interface Fetched {
  /** Bytes that came. */
  readonly bytes: number;
  /** An earlier run had fetched the first ones. */
  readonly resumed: boolean;
}

/**
 * Fetches a file into `folder`. Until it is whole it lies beside its place, from where the next call goes on.
 *
 * @returns Nothing where it is there already.
 * @throws {TransferError} where it cannot be had.
 * @throws {UserError} where the file system refuses.
 */
export async function fetchFile(
  { url, target }: Link,
  folder: string,
  options: FetchOptions,
): Promise<Fetched | undefined> {
  const path = `${folder}/${target}`;
  if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return undefined;
  using part = await PartFile.open(path, url.href);
  try {
    await withRetries(part, options, async () => {
      await transfer(url, part, options);
      await finish(part, path, options);
    });
  } catch (error) {
    if (part.size === 0) await part.remove();
    throw error;
  }
  await part.remove();
  return { bytes: part.size - part.kept, resumed: part.kept > 0 };
}

/** What is no video is fetched once more from the start: it may have been damaged on its way. */
async function finish(part: PartFile, target: string, options: FetchOptions): Promise<void> {
  try {
    await options.finish(part.path, target);
  } catch (error) {
    await interruptHeard();
    if (options.signal.aborted) throw options.signal.reason;
    if (!(error instanceof UserError) || !error.message.startsWith(`${part.path} `)) throw error;
    await part.begin({});
    const why = error.message.slice(part.path.length + 1);
    throw new TransferError(`what came ${why}`, "once more");
  }
}

async function withRetries(
  part: PartFile,
  { retries, pauseMs, maxPauseMs = 600_000, signal }: FetchOptions,
  attempt: () => Promise<void>,
): Promise<void> {
  let failures = 0, most = part.size, checked = false;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TransferError)) throw error;
      const { remedy, waitMs = 0, message } = error;
      if (remedy === "never" || remedy === "stop" || (remedy === "once more" && checked)) {
        throw error;
      }
      checked ||= remedy === "once more";
      // A connection that breaks often and still moves on is not given up.
      failures = part.size > most ? 1 : failures + 1;
      most = Math.max(most, part.size);
      if (failures > retries) {
        const after = retries > 0 ? `; given up after ${retries} more attempts` : "";
        throw new TransferError(message + after, "never");
      }
      if (waitMs > maxPauseMs) {
        throw new TransferError(
          `${message}; it asks to wait ${Math.ceil(waitMs / 1000)} s`,
          "never",
        );
      }
      // Drawn, so that several that failed together do not come back together.
      const backOff = Math.min(maxPauseMs, pauseMs * 2 ** (failures - 1)) *
        (0.5 + Math.random() / 2);
      await pause(Math.max(waitMs, backOff), signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
  });
}
