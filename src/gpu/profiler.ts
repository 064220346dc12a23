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

const CAPACITY = 4096;

/** Collects timestamps; while it is on, every dispatch has a compute pass of its own. */
export class Profiler {
  #set: GPUQuerySet;
  #resolve: GPUBuffer;
  #names: string[] = [];
  #pending: Promise<void>[] = [];
  #times = new Map<string, { calls: number; ms: number }>();

  constructor(private readonly gpu: GPUDevice) {
    this.#set = gpu.createQuerySet({ type: "timestamp", count: CAPACITY });
    this.#resolve = gpu.createBuffer({
      size: CAPACITY * 8,
      usage: 0x200 /* QUERY_RESOLVE */ | 0x04, /* COPY_SRC */
      label: "profiler",
    });
  }

  /** Whether another dispatch fits before the next submit. */
  get full(): boolean {
    return this.#names.length * 2 >= CAPACITY;
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

  /** Records the copy of this stream's timestamps; call `collect` on the result after the submit. */
  resolve(encoder: GPUCommandEncoder): () => void {
    const names = this.#names;
    if (names.length === 0) return () => {};
    this.#names = [];
    const bytes = names.length * 16;
    const staging = this.gpu.createBuffer({ size: bytes, usage: 0x01 /* MAP_READ */ | 0x08 });
    encoder.resolveQuerySet(this.#set, 0, names.length * 2, this.#resolve, 0);
    encoder.copyBufferToBuffer(this.#resolve, 0, staging, 0, bytes);
    return () => {
      this.#pending.push(
        staging.mapAsync(1).then(() => {
          const stamps = new BigUint64Array(staging.getMappedRange());
          names.forEach((name, i) => {
            const time = this.#times.get(name) ?? { calls: 0, ms: 0 };
            time.calls++;
            time.ms += Number(stamps[2 * i + 1] - stamps[2 * i]) / 1e6;
            this.#times.set(name, time);
          });
          staging.destroy();
        }),
      );
    };
  }

  /** The times since the last call, costliest first. Waits for the submitted work. */
  async report(): Promise<KernelTime[]> {
    await Promise.all(this.#pending.splice(0));
    const times = [...this.#times].map(([name, t]) => ({ name, ...t }));
    this.#times.clear();
    return times.sort((a, b) => b.ms - a.ms);
  }

  /** Frees the query set. */
  destroy(): void {
    this.#set.destroy();
    this.#resolve.destroy();
  }
}
