/**
 * What a profiled device has seen: every dispatch's time, and what the host did meanwhile.
 *
 * @module
 */
import { align, type Sighting } from "./clock.ts";
import { Ring } from "./ring.ts";

/** Time that one kernel took, summed over its dispatches. */
export interface KernelTime {
  /** Kernel, entry point and specialisation. */
  readonly name: string;
  /** How many dispatches. */
  readonly calls: number;
  /** Milliseconds of all of them. Time in which two overlapped counts for the first. */
  readonly ms: number;
  /** Floating-point operations of all of them; 0 where its launches tell none. */
  readonly flops: number;
  /** Bytes that their bindings cover, each buffer once a dispatch: at most so many had to be moved. */
  readonly bytes: number;
}

/** A stretch of time: milliseconds of `performance.now()`. */
export interface Interval {
  /** When it began. */
  readonly begin: number;
  /** When it was over. */
  readonly end: number;
}

/** What a dispatch computes and may touch. */
export interface DispatchCost {
  /** Floating-point operations; 0 where the launch tells none. */
  readonly flops: number;
  /** Bytes that its bindings cover, each buffer once. */
  readonly bytes: number;
}

/** One dispatch. */
export interface DispatchTime extends Interval, DispatchCost {
  /** Kernel, entry point and specialisation. */
  readonly name: string;
}

/** What happened since the last report; all times are the host's. */
export interface Profile {
  /** Every kernel, costliest first. */
  readonly kernels: readonly KernelTime[];
  /** The last dispatches, in order; none overlaps the next. */
  readonly dispatches: readonly DispatchTime[];
  /** Dispatches that are only in the sums of `kernels`. */
  readonly forgotten: number;
  /** From a stream's first command to its submit: the recording, and whatever goes on between commands. */
  readonly recordings: readonly Interval[];
  /** Submits. */
  readonly submits: readonly Interval[];
  /** Stretches in which somebody waited for the GPU, whatever else went on. */
  readonly waits: readonly Interval[];
  /** Milliseconds by which the dispatches may be off against the rest. */
  readonly clockError: number;
}

/** Gathers what is seen, in bounded memory. Dispatches come by the GPU's clock. */
export class ProfileLog {
  readonly recordings: Ring<Interval>;
  readonly submits: Ring<Interval>;
  readonly waits: Ring<Interval>;
  readonly sightings: Ring<Sighting>;
  readonly #dispatches: Ring<DispatchTime>;
  readonly #sums = new Map<string, { calls: number; ms: number; flops: number; bytes: number }>();

  /** @param kept Dispatches, submits and waits that are kept one by one. */
  constructor(kept: number) {
    this.recordings = new Ring(kept);
    this.submits = new Ring(kept);
    this.waits = new Ring(kept);
    this.sightings = new Ring(kept);
    this.#dispatches = new Ring(kept);
  }

  /** Counts a dispatch. */
  add(dispatch: DispatchTime): void {
    const { name, begin, end, flops, bytes } = dispatch;
    this.#dispatches.push(dispatch);
    let sum = this.#sums.get(name);
    if (!sum) this.#sums.set(name, sum = { calls: 0, ms: 0, flops: 0, bytes: 0 });
    sum.calls++;
    sum.ms += end - begin;
    sum.flops += flops;
    sum.bytes += bytes;
  }

  /** What was gathered, by the host's clock. */
  profile(): Profile {
    const dispatches = [...this.#dispatches], first = dispatches[0]?.begin ?? 0;
    // Clocks drift: what was seen long before the dispatches that are left says little of them.
    const seen = [...this.sightings].filter(({ end }) => end >= first);
    const { offset, error } = align(seen);
    return {
      kernels: [...this.#sums].map(([name, sum]) => ({ name, ...sum }))
        .sort((a, b) => b.ms - a.ms),
      dispatches: dispatches.map((d) => ({ ...d, begin: d.begin + offset, end: d.end + offset })),
      forgotten: this.#dispatches.forgotten,
      recordings: [...this.recordings],
      submits: [...this.submits],
      waits: [...this.waits],
      clockError: error,
    };
  }
}
