/**
 * Traces in Chrome's format, for chrome://tracing and ui.perfetto.dev.
 *
 * @module
 */
import { writeAtomic } from "../../io/atomic.ts";

/** A stretch of time on a track. */
export interface Span {
  readonly name: string;
  /** Milliseconds, by any clock that all tracks share. */
  readonly begin: number;
  readonly end: number;
  /** What a viewer shows beside it. */
  readonly args?: Readonly<Record<string, number>>;
}

/** A row of a trace. */
export interface Track {
  readonly name: string;
  /** One after another: none overlaps the next. */
  readonly spans: readonly Span[];
}

/** The pieces that are encoded at a time, in events. */
const PIECE = 1000;

/**
 * Writes a trace, whole or not at all: one `X` event a span, in microseconds since the first one's begin, to
 * the nanosecond; tracks stand in the order given.
 *
 * @returns The number of spans.
 * @throws {UserError} if the file cannot be written.
 *
 * @example
 * ```ts
 * import { writeTrace } from "./trace.ts";
 *
 * const path = await Deno.makeTempFile();
 * await writeTrace(path, [{ name: "GPU", spans: [{ name: "matmul", begin: 1, end: 3.5 }] }]);
 * await Deno.remove(path);
 * ```
 */
export async function writeTrace(path: string, tracks: readonly Track[]): Promise<number> {
  await writeAtomic(path, pieces(tracks));
  return tracks.reduce((sum, { spans }) => sum + spans.length, 0);
}

/** The file, some events at a time: a long trace is never held as text. */
function* pieces(tracks: readonly Track[]): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  let lines: string[] = [], mark = `{"displayTimeUnit":"ms","traceEvents":[\n`;
  for (const event of events(tracks)) {
    if (lines.push(JSON.stringify(event)) < PIECE) continue;
    yield encoder.encode(mark + lines.join(",\n"));
    [lines, mark] = [[], ",\n"];
  }
  yield encoder.encode((lines.length > 0 ? mark : "") + lines.join(",\n") + "\n]}\n");
}

function* events(tracks: readonly Track[]): Generator<Record<string, unknown>> {
  const start = tracks.reduce(
    (least, { spans: [first] }) => first ? Math.min(least, first.begin) : least,
    Infinity,
  );
  // Whole nanoseconds, so that rounding cannot make neighbours overlap.
  const nanoseconds = (ms: number) => Math.round((ms - start) * 1e6);
  const metadata = (name: string, tid: number, args: Record<string, unknown>) => ({
    ph: "M",
    name,
    pid: 1,
    tid,
    args,
  });
  yield metadata("process_name", 0, { name: "CenterCLIP" });
  for (const [i, { name, spans }] of tracks.entries()) {
    const tid = i + 1;
    yield metadata("thread_name", tid, { name });
    yield metadata("thread_sort_index", tid, { sort_index: tid });
    for (const { name, begin, end, args } of spans) {
      const ts = nanoseconds(begin), dur = nanoseconds(end) - ts;
      yield { ph: "X", name, pid: 1, tid, ts: ts / 1000, dur: dur / 1000, args };
    }
  }
}
