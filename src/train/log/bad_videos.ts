/**
 * The videos that a run leaves out since they cannot be decoded.
 *
 * @module
 */
import { UserError } from "../../errors.ts";
import { AppendFile } from "./append_file.ts";
import type { Logger } from "./logger.ts";

/** Where {@link BadVideos} go. */
export interface BadVideosOptions {
  readonly logger: Logger;
  /** Path of the list; without it videos are only logged and counted. */
  readonly path?: string;
  /** Go on with the list that an earlier part of the run left, rather than begin a new one. */
  readonly continued?: boolean;
}

/**
 * Logs each bad video once, and lists it: split, id and reason a line, apart by tabs. The file appears with
 * the first one.
 */
export class BadVideos implements Disposable {
  readonly #logger: Logger;
  readonly #path?: string;
  readonly #lines: Set<string>;
  #file?: AppendFile;

  private constructor({ logger, path }: BadVideosOptions, lines: readonly string[]) {
    this.#logger = logger;
    this.#path = path;
    this.#lines = new Set(lines);
  }

  /** @throws {UserError} if an earlier list cannot be read or removed. */
  static async open(options: BadVideosOptions): Promise<BadVideos> {
    const { path, continued } = options;
    return new BadVideos(options, path === undefined ? [] : await earlier(path, continued));
  }

  /** How many there are, for the last line of a log. */
  get summary(): string {
    const { size } = this.#lines;
    if (size === 0) return "no bad videos";
    const where = this.#path === undefined ? "" : `: ${this.#path}`;
    return `${size} bad video${size === 1 ? "" : "s"} left out${where}`;
  }

  /**
   * Takes note of a bad video.
   *
   * @throws {UserError} if the list cannot be written.
   */
  add(split: string, id: string, reason: string): void {
    const why = reason.replaceAll(/\s+/g, " "), line = [split, id, why].join("\t");
    this.#logger.warning(`skipped: ${why}`);
    if (this.#lines.has(line)) return;
    this.#lines.add(line);
    if (this.#path === undefined) return;
    this.#file ??= new AppendFile(this.#path);
    this.#file.writeLine(line);
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }
}

/** The lines of an earlier list that is gone on with; one that is not is removed. */
async function earlier(path: string, continued = false): Promise<string[]> {
  try {
    if (continued) return (await Deno.readTextFile(path)).split("\n").filter((line) => line !== "");
    await Deno.remove(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    const reason = (error as Error).message;
    throw new UserError(`cannot ${continued ? "read" : "replace"} ${path}: ${reason}`, {
      cause: error,
    });
  }
  return [];
}
