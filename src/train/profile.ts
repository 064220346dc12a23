/**
 * The profile of a call, as `--profile` asks: a table in the log, and a trace.
 *
 * @module
 */
import type { BatchWait, LoaderOptions } from "../data/loader_options.ts";
import type { Device } from "../gpu/device.ts";
import { openDevice } from "../gpu/open.ts";
import { Ring } from "../gpu/ring.ts";
import { measureRoofline, type Roofline } from "../ops/roofline.ts";
import type { DecodeTime } from "../video/decode.ts";
import type { Settings } from "./config/settings.ts";
import { costLines, rooflineLine } from "./log/costs.ts";
import { writeTrace } from "./log/trace.ts";
import { tracksOf } from "./tracks.ts";

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
    const spans = await writeTrace(path, tracksOf(profile, this.#decoded, this.#waited));
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
}
