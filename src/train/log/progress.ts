/**
 * How far a long loop has come: a bar on a terminal, now and then a line elsewhere.
 *
 * @module
 */
// @deno-types="npm:@types/cli-progress@3.11.6"
import cliProgress from "npm:cli-progress@3.12.0";
import process from "node:process";
import { interactive, writeLine } from "./terminal.ts";

/** What a loop tells besides its position. */
export interface ProgressDetail {
  readonly loss?: number;
  readonly samplesPerSecond?: number;
}

/** Options of a {@link Progress}. */
export interface ProgressOptions {
  /** Position to start from, for a loop that continues. Default 0. */
  readonly from?: number;
  /** Draw a bar. Default: whether standard error is a terminal. */
  readonly bar?: boolean;
  /** Where lines go without a bar. Default: standard error. */
  readonly write?: (line: string) => void;
  /** Clock in milliseconds. */
  readonly now?: () => number;
}

/** Milliseconds between two lines where there is no bar. */
const LINE_INTERVAL = 10_000;

/**
 * Shows the progress of a loop on standard error.
 *
 * @example
 * ```ts
 * import { Progress } from "./progress.ts";
 *
 * using progress = new Progress("train", 500, { bar: false, write: () => {} });
 * progress.update(1, { loss: 3.4, samplesPerSecond: 38 });
 * ```
 */
export class Progress implements Disposable {
  readonly #bars?: cliProgress.MultiBar;
  readonly #bar?: cliProgress.SingleBar;
  readonly #from: number;
  readonly #now: () => number;
  readonly #write: (line: string) => void;
  readonly #start: number;
  #lastLine: number;
  #detail: ProgressDetail = {};

  constructor(readonly label: string, readonly total: number, options: ProgressOptions = {}) {
    const { from = 0, bar = interactive(), write = writeLine, now = () => performance.now() } =
      options;
    this.#from = from;
    this.#write = write;
    this.#now = now;
    this.#start = this.#lastLine = this.#now();
    if (bar) {
      // The single bar moves the cursor back to where it began, over the log lines written since.
      this.#bars = new cliProgress.MultiBar({
        format: "{label} {bar} {status}",
        barsize: 24,
        clearOnComplete: true,
        // Log lines wipe the bar, and interrupts are the task's.
        forceRedraw: true,
        gracefulExit: false,
        stream: process.stderr,
      }, cliProgress.Presets.shades_classic);
      this.#bar = this.#bars.create(total, from, { label, status: this.#status(from) });
    }
  }

  /** The loop is at `position`; a detail that is not given keeps its last value. */
  update(position: number, detail: ProgressDetail = {}): void {
    this.#detail = { ...this.#detail, ...detail };
    if (this.#bar) {
      this.#bar.update(position, { status: this.#status(position) });
    } else if (this.#now() - this.#lastLine >= LINE_INTERVAL) {
      this.#lastLine = this.#now();
      this.#write(`${this.label} ${this.#status(position)}`);
    }
  }

  #status(position: number): string {
    const { loss, samplesPerSecond } = this.#detail;
    const done = position - this.#from;
    const left = (this.#now() - this.#start) / done * (this.total - position) / 1000;
    return [
      `${position}/${this.total} (${Math.floor(100 * position / this.total)} %)`,
      ...loss === undefined ? [] : [`loss ${loss.toFixed(4)}`],
      ...samplesPerSecond === undefined ? [] : [`${samplesPerSecond.toFixed(1)} samples/s`],
      ...done > 0 ? [`ETA ${duration(left)}`] : [],
    ].join(", ");
  }

  /** Removes the bar. */
  [Symbol.dispose](): void {
    this.#bars?.stop();
  }
}

/**
 * Seconds as `m:ss` or `h:mm:ss`.
 *
 * @example
 * ```ts
 * import { duration } from "./progress.ts";
 *
 * duration(3725); // "1:02:05"
 * ```
 */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  const clock = hours > 0 ? `${hours}:${two(minutes)}` : `${minutes}`;
  return `${clock}:${two(whole % 60)}`;
}
