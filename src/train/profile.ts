/**
 * The profile of a call, as `--profile` asks: a table in the log, and a trace.
 *
 * @module
 */
import type { BatchWait, LoaderOptions } from "../data/loader_options.ts";
import type { Device } from "../gpu/device.ts";
import { openDevice } from "../gpu/open.ts";
import type { Interval, Profile } from "../gpu/profile.ts";
import { Ring } from "../gpu/ring.ts";
import { measureRoofline, type Roofline } from "../ops/roofline.ts";
import type { DecodeTime } from "../video/decode.ts";
import type { Settings } from "./config/settings.ts";
import { without } from "./intervals.ts";
import { costLines, rooflineLine } from "./log/costs.ts";
import { type Span, type Track, writeTrace } from "./log/trace.ts";

/** Clips and batches that are kept one by one. */
const KEPT = 100_000;

/** Gathers what a call's loaders do, and puts it beside what its device did. */
export class CallProfile {
  readonly #decoded = new Ring<DecodeTime>(KEPT);
  readonly #waited = new Ring<BatchWait>(KEPT);
  /** For every loader of the call. */
  readonly listeners: Pick<LoaderOptions, "onDecoded" | "onWaited"> = {
    onDecoded: (time) => this.#decoded.push(time),
    onWaited: (time) => this.#waited.push(time),
  };

  private constructor(readonly roofline: Roofline | undefined) {}

  /** Measures what the device can do: on one of its own, for the memory of the call's is counted. */
  static async open({ provider }: Settings): Promise<CallProfile> {
    using device = await openDevice({ provider, profile: true });
    return new CallProfile(await measureRoofline(device));
  }

  /**
   * Writes the trace, and gives the lines that a log shows.
   *
   * @throws {UserError} if the file cannot be written.
   */
  async finish(device: Device, path: string): Promise<string[]> {
    const profile = await device.profile();
    const spans = await writeTrace(path, this.#tracks(profile));
    const cut = [
      [profile?.forgotten ?? 0, "dispatches"],
      [this.#decoded.forgotten, "clips"],
      [this.#waited.forgotten, "batches"],
    ].flatMap(([count, what]) => count ? [`without the first ${count} ${what}`] : []);
    if (!profile) {
      return ["the adapter has no timestamps: kernels were not timed", `trace: ${path}`];
    }
    const { kernels, clockError } = profile, { roofline } = this;
    const error = `clocks of GPU and host aligned to ${clockError.toFixed(3)} ms`;
    return [
      ...roofline ? [rooflineLine(roofline)] : [],
      ...costLines(kernels, roofline),
      [`trace: ${path}`, `${spans} spans`, ...cut, error].join(", "),
    ];
  }

  #tracks(profile: Profile | undefined): Track[] {
    const { dispatches = [], recordings = [], submits = [], waits = [] } = profile ?? {};
    const forData = [...this.#waited];
    // The host waits for the GPU while it does nothing else.
    const forGpu = without(waits, sorted(recordings, submits, forData));
    const decoding = Map.groupBy(this.#decoded, ({ worker }) => worker);
    const workers = [...decoding].sort(([a], [b]) => a - b);
    const tracks: Track[] = [
      {
        name: "GPU: kernels",
        spans: dispatches.map(({ name, begin, end, flops, bytes }) => (
          { name, begin, end, args: { flops, bytes } }
        )),
      },
      { name: "host: recording", spans: named("record", without(recordings, forData)) },
      { name: "host: submits", spans: named("submit", submits) },
      {
        name: "host: waits",
        spans: sorted(
          named("wait for the GPU", forGpu),
          forData.map(({ batch, ...time }) => ({ ...time, name: `wait for batch ${batch}` })),
        ),
      },
      ...workers.map(([worker, times]) => ({
        name: `decode: worker ${worker + 1}`,
        spans: times.map(({ file, begin, end, frames }) => (
          { name: file, begin, end, args: { frames } }
        )),
      })),
    ];
    if (!profile?.forgotten) return tracks;
    // Where the first dispatches are gone, so is what went on beside them.
    const first = dispatches[0].begin;
    return tracks.map(({ name, spans }) => ({
      name,
      spans: spans.filter(({ begin }) => begin >= first),
    }));
  }
}

function named(name: string, intervals: readonly Interval[]): Span[] {
  return intervals.map(({ begin, end }) => ({ name, begin, end }));
}

function sorted<T extends Interval>(...lists: readonly (readonly T[])[]): T[] {
  return lists.flat().sort((a, b) => a.begin - b.begin);
}
