/**
 * The text log of a run: standard error, and `log.txt` where there is a run folder.
 *
 * @module
 */
import { AppendFile } from "./append_file.ts";
import { writeLine } from "./terminal.ts";

/** How much a line matters; `DEBUG` lines are written only where asked for. */
export type Level = "DEBUG" | "INFO" | "WARNING" | "ERROR";

/** Options of a {@link Logger}. */
export interface LoggerOptions {
  /** Path of `log.txt`; lines are appended. Without it lines go to standard error only. */
  readonly path?: string;
  /** Write `DEBUG` lines too. */
  readonly debug?: boolean;
  /** Rank of this process, named in each line. Default 0. */
  readonly rank?: number;
}

/**
 * Writes lines such as `2026-11-22,22:40:05 | INFO | Rank 0 | 224 clips`, the original's form.
 *
 * @example
 * ```ts
 * import { Logger } from "./logger.ts";
 *
 * using logger = new Logger();
 * logger.info("224 clips");
 * ```
 */
export class Logger implements Disposable {
  readonly #file?: AppendFile;
  readonly #debug: boolean;
  readonly #rank: number;

  /** @throws {UserError} if the file cannot be opened. */
  constructor({ path, debug = false, rank = 0 }: LoggerOptions = {}) {
    if (path !== undefined) this.#file = new AppendFile(path);
    this.#debug = debug;
    this.#rank = rank;
  }

  debug(message: string): void {
    if (this.#debug) this.#write("DEBUG", message);
  }

  info(message: string): void {
    this.#write("INFO", message);
  }

  warning(message: string): void {
    this.#write("WARNING", message);
  }

  error(message: string): void {
    this.#write("ERROR", message);
  }

  #write(level: Level, message: string): void {
    const line = `${
      timestamp(new Date(), "-", ",", ":")
    } | ${level} | Rank ${this.#rank} | ${message}`;
    writeLine(line);
    this.#file?.writeLine(line);
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }
}

/** Local time as `YYYY-MM-DD,HH:MM:SS` with the given separators of days, of day and time, of hours. */
export function timestamp(time: Date, day: string, middle: string, hour: string): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join(day);
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(hour);
  return date + middle + clock;
}
