/**
 * Time per kernel, by timestamp queries around each dispatch.
 *
 * @module
 */

/** Time that one kernel took, summed over its dispatches. */
export interface KernelTime {
  /** Kernel, entry point and specialisation. */
  readonly name: string;
  /** How many dispatches. */
  readonly calls: number;
  /** Milliseconds of all of them. */
  readonly ms: number;
}

/** The timestamps of one submitted stream, two for each name. */
interface Batch {
  readonly names: readonly string[];
  readonly stamps: GPUBuffer;
}

/** Collects timestamps; while it is on, every dispatch has a compute pass of its own. */
export class Profiler {
  #set: GPUQuerySet;
  #resolved: GPUBuffer;
  #names: string[] = [];
  #batches: Batch[] = [];

  /** @param dispatches The most that one stream holds. */
  constructor(private readonly gpu: GPUDevice, dispatches: number) {
    this.#set = gpu.createQuerySet({ type: "timestamp", count: 2 * dispatches });
    this.#resolved = gpu.createBuffer({
      size: 16 * dispatches,
      usage: 0x200 /* QUERY_RESOLVE */ | 0x04, /* COPY_SRC */
      label: "profiler",
    });
  }

  /** The pass descriptor that times the next dispatch, of kernel `name`. */
  pass(name: string): GPUComputePassDescriptor {
    const begin = this.#names.length * 2;
    this.#names.push(name);
    return {
      label: name,
      timestampWrites: {
        querySet: this.#set,
        beginningOfPassWriteIndex: begin,
        endOfPassWriteIndex: begin + 1,
      },
    };
  }

  /** Records the copy of this stream's timestamps at its end. */
  resolve(encoder: GPUCommandEncoder): void {
    const names = this.#names;
    if (names.length === 0) return;
    this.#names = [];
    const stamps = this.gpu.createBuffer({
      size: names.length * 16,
      usage: 0x01 /* MAP_READ */ | 0x08, /* COPY_DST */
      label: "timestamps",
    });
    encoder.resolveQuerySet(this.#set, 0, names.length * 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, stamps, 0, names.length * 16);
    this.#batches.push({ names, stamps });
  }

  /** The times since the last call, costliest first. Waits for the submitted work. */
  async report(): Promise<KernelTime[]> {
    const times = new Map<string, { calls: number; ms: number }>();
    for (const { names, stamps } of this.#batches.splice(0)) {
      await stamps.mapAsync(1);
      const at = new BigUint64Array(stamps.getMappedRange());
      names.forEach((name, i) => {
        const time = times.get(name) ?? { calls: 0, ms: 0 };
        time.calls++;
        time.ms += Number(at[2 * i + 1] - at[2 * i]) / 1e6;
        times.set(name, time);
      });
      stamps.destroy();
    }
    return [...times].map(([name, time]) => ({ name, ...time })).sort((a, b) => b.ms - a.ms);
  }

  /** Frees the query set. */
  destroy(): void {
    this.#set.destroy();
    this.#resolved.destroy();
  }
}
