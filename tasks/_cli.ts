/**
 * What every task does around its work: read flags, print help, turn errors into one line and an exit
 * code, and listen for interrupts.
 *
 * Results go to standard output, everything else to standard error. Exit codes: 0 success, 1 failure,
 * 2 usage, 3 no usable GPU, 130 interrupt.
 *
 * @module
 */
import { UsageError, UserError } from "../src/errors.ts";
import type { FlagTable, Values } from "../src/train/config/flag.ts";
import { helpText, type Usage } from "../src/train/config/help.ts";
import { parseCommandLine } from "../src/train/config/parse.ts";
import { defaultsOf } from "../src/train/config/settings.ts";
import { restoreTerminal, writeLine } from "../src/train/log/terminal.ts";

const INTERRUPTED = 130;

/** A task: how it is used, and which flags it takes. */
export interface Task<T extends FlagTable> extends Omit<Usage, "groups"> {
  readonly flags: T;
  /** The flags under headings, for `--help`; default: all under "Flags". */
  readonly groups?: Usage["groups"];
  /**
   * What a task says at the first Ctrl-C that heeds {@link Call.signal} and comes to an end by itself.
   * Where it has nothing to say the first Ctrl-C ends it at once.
   */
  readonly onInterrupt?: (given: Partial<Values<T>>) => string | undefined;
}

/** One call of a task. */
export interface Call<T extends FlagTable> {
  /** The flags that were given. */
  readonly given: Partial<Values<T>>;
  /** All flags: given or default. */
  readonly values: Values<T>;
  readonly operands: readonly string[];
  /** Aborts at the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/**
 * Runs a task and ends the process. `main` may return an exit code. A {@link UserError} becomes one line;
 * any other error is a defect and shows its stack.
 */
export async function runTask<T extends FlagTable>(
  task: Task<T>,
  main: (call: Call<T>) => Promise<number | void>,
  args: readonly string[] = Deno.args,
): Promise<never> {
  const interrupt = new AbortController();
  const code = await attempt(async () => {
    const call = readCall(task, args, interrupt.signal);
    if (call === undefined) return 0;
    listen(interrupt, task.onInterrupt?.(call.given));
    return await main(call);
  });
  Deno.exit(interrupt.signal.aborted && code === 0 ? INTERRUPTED : code);
}

/** What the command line asks for; undefined where that was help, which has been printed. */
function readCall<T extends FlagTable>(
  task: Task<T>,
  args: readonly string[],
  signal: AbortSignal,
): Call<T> | undefined {
  const { command, operands: names = [], flags, groups = { Flags: flags } } = task;
  const most = names.some((name) => name.endsWith("...")) ? Infinity : names.length;
  const { given, operands, help } = parseCommandLine(args, flags, most);
  if (help) {
    console.log(helpText({ ...task, groups }).trimEnd());
    return undefined;
  }
  const missing = names[operands.length];
  if (missing !== undefined && !missing.startsWith("[")) {
    throw new UsageError(`${missing} is missing; usage: ${[command, ...names].join(" ")} [flags]`);
  }
  return { given, values: { ...defaultsOf(flags), ...given }, operands, signal };
}

function listen(interrupt: AbortController, onInterrupt: string | undefined): void {
  const stop = () => {
    if (interrupt.signal.aborted || onInterrupt === undefined) {
      restoreTerminal();
      Deno.exit(INTERRUPTED);
    }
    writeLine(`${onInterrupt} (Ctrl-C again ends at once)`);
    interrupt.abort();
  };
  Deno.addSignalListener("SIGINT", stop);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stop);
  // Errors outside the task's own promise, such as in a timer.
  const fail = (event: Event, error: unknown) => {
    event.preventDefault();
    restoreTerminal();
    Deno.exit(report(error));
  };
  globalThis.addEventListener("unhandledrejection", (event) => fail(event, event.reason));
  globalThis.addEventListener("error", (event) => fail(event, event.error));
}

async function attempt(work: () => Promise<number | void>): Promise<number> {
  try {
    return await work() ?? 0;
  } catch (error) {
    return report(error);
  }
}

/** Tells of an error, and gives the exit code for it. */
function report(error: unknown): number {
  if (error instanceof UserError) {
    writeLine(`error: ${error.message.replaceAll(/\s*\n\s*/g, " ")}`);
    return error.exitCode;
  }
  writeLine(error instanceof Error ? error.stack ?? error.message : String(error));
  writeLine("This is a defect of CenterCLIP, not of your input; please report the lines above.");
  return 1;
}
