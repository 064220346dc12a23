/**
 * Time per kernel, by timestamp queries around each dispatch, and what the host did meanwhile.
 *
 * @module
 */
import type { BufferBinding } from "./pipeline.ts";
import { type DispatchCost, type Profile, ProfileLog } from "./profile.ts";

/** The timestamps of one submitted stream, two for each dispatch. */
interface Batch {
  readonly names: readonly string[];
  readonly costs: readonly DispatchCost[];
  readonly stamps: GPUBuffer;
}

/** Dispatches, submits and waits that are kept one by one: about 20 MB. */
const KEPT = 100_000;

/** Collects timestamps; while it is on, every dispatch has a compute pass of its own. */
export class Profiler {
  readonly #set: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  /** Buffers for timestamps, to be used again. */
  readonly #staging: GPUBuffer[] = [];
  #names: string[] = [];
  #costs: DispatchCost[] = [];
  #cost: DispatchCost = { flops: 0, bytes: 0 };
  #batch?: Batch;
  #recording = { begin: 0, end: 0 };
  #waiting = { count: 0, since: 0 };
  /** Settles when the timestamps of every submit so far are read. */
  #read: Promise<void> = Promise.resolve();
  /** The GPU's clock counts from here, so that its nanoseconds are exact as numbers. */
  #zero?: bigint;
  /** Where the last dispatch ended, by that clock. */
  #end = 0;
  #log: ProfileLog;

  /**
   * @param most The most dispatches that one stream holds.
   * @param wait The provider's.
   * @param kept Dispatches, submits and waits that are kept one by one.
   */
  constructor(
    private readonly gpu: GPUDevice,
    private readonly most: number,
    private readonly wait: <T>(promise: Promise<T>) => Promise<T>,
    private readonly kept = KEPT,
  ) {
    this.#set = gpu.createQuerySet({ type: "timestamp", count: 2 * most });
    this.#resolved = gpu.createBuffer({
      size: 16 * most,
      usage: 0x200 /* QUERY_RESOLVE */ | 0x04, /* COPY_SRC */
      label: "profiler",
    });
    this.#log = new ProfileLog(kept);
  }

  /** A stream's first command is about to be recorded. */
  begin(): void {
    this.#recording = { begin: performance.now(), end: 0 };
  }

  /** Says what the next dispatch costs. */
  cost(flops: number, bindings: readonly BufferBinding[]): void {
    // A binding that a kernel does not read gets some buffer that it does read.
    const sizes = new Map(bindings.map(({ buffer, bytes }) => [buffer, bytes]));
    let bytes = 0;
    for (const size of sizes.values()) bytes += size;
    this.#cost = { flops, bytes };
  }

  /** The pass descriptor that times the next dispatch, of kernel `name`. */
  pass(name: string): GPUComputePassDescriptor {
    const begin = this.#names.length * 2;
    this.#names.push(name);
    this.#costs.push(this.#cost);
    return {
      label: name,
      timestampWrites: {
        querySet: this.#set,
        beginningOfPassWriteIndex: begin,
        endOfPassWriteIndex: begin + 1,
      },
    };
  }

  /**
   * Records the copy of this stream's timestamps at its end. The queue runs in order, so the next stream
   * finds the query set free; what waits to be read lies in a buffer of its own.
   */
  resolve(encoder: GPUCommandEncoder): void {
    this.#recording.end = performance.now();
    const names = this.#names, costs = this.#costs, bytes = 16 * names.length;
    if (bytes === 0) return;
    this.#names = [];
    this.#costs = [];
    const stamps = this.#staging.pop() ?? this.gpu.createBuffer({
      size: 16 * this.most,
      usage: 0x01 /* MAP_READ */ | 0x08, /* COPY_DST */
      label: "timestamps",
    });
    encoder.resolveQuerySet(this.#set, 0, 2 * names.length, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, stamps, 0, bytes);
    this.#batch = { names, costs, stamps };
  }

  /** The stream was handed to the queue, by a call that began at `submitted`. */
  submitted(submitted: number): void {
    const { begin, end } = this.#recording, batch = this.#batch;
    this.#log.recordings.push({ begin, end });
    this.#log.submits.push({ begin: end, end: performance.now() });
    if (!batch) return;
    this.#batch = undefined;
    const over = this.wait(batch.stamps.mapAsync(1)).then(() => performance.now());
    // A lost or closed device maps nothing, or unmaps nothing; whoever works with it is told.
    this.#read = Promise.all([over, this.#read])
      .then(([over]) => this.#take(batch, submitted, over))
      .catch(() => {});
  }

  /** Counts the time until `promise` settles as waiting for the GPU. */
  async waiting<T>(promise: Promise<T>): Promise<T> {
    if (this.#waiting.count++ === 0) this.#waiting.since = performance.now();
    try {
      return await promise;
    } finally {
      if (--this.#waiting.count === 0) {
        this.#log.waits.push({ begin: this.#waiting.since, end: performance.now() });
      }
    }
  }

  /** What happened since the last call. Waits until every submit so far is over. */
  async report(): Promise<Profile> {
    await this.#read;
    const log = this.#log;
    this.#log = new ProfileLog(this.kept);
    return log.profile();
  }

  /** Frees the query set and the buffers. */
  destroy(): void {
    this.#set.destroy();
    for (const buffer of [this.#resolved, ...this.#staging]) buffer.destroy();
  }

  #take({ names, costs, stamps }: Batch, submitted: number, over: number): void {
    const at = new BigUint64Array(stamps.getMappedRange(0, 16 * names.length));
    const zero = this.#zero ??= at[0];
    const ms = (i: number) => Number(at[i] - zero) / 1e6;
    names.forEach((name, i) => {
      // Dispatches that do not depend on each other may overlap: no time counts twice.
      const begin = Math.max(ms(2 * i), this.#end), end = Math.max(ms(2 * i + 1), begin);
      this.#end = end;
      this.#log.add({ name, begin, end, ...costs[i] });
    });
    this.#log.sightings.push({ submitted, over, begin: ms(0), end: ms(2 * names.length - 1) });
    stamps.unmap();
    this.#staging.push(stamps);
  }
}
