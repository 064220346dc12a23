/**
 * GPU buffers, recycled by size.
 *
 * @module
 */
import { OutOfMemoryError } from "./errors.ts";

/** A buffer of the pool. */
export interface PooledBuffer {
  /** Tells the buffers of a pool apart. */
  readonly id: number;
  /** The WebGPU buffer. */
  readonly gpu: GPUBuffer;
  /** Bytes that the buffer holds: at least what was asked for. */
  readonly size: number;
  /** The stream that was being recorded when the buffer was last given back. */
  freedAt: number;
}

/** Byte counts of a pool. */
export interface MemoryUse {
  /** Bytes in buffers that are in use. */
  readonly live: number;
  /** The most bytes that were ever in use at once. */
  readonly peak: number;
  /** Bytes in buffers that wait to be used again. */
  readonly free: number;
  /** Buffers in use. */
  readonly buffers: number;
}

const USAGE = 0x80 /* STORAGE */ | 0x04 /* COPY_SRC */ | 0x08 /* COPY_DST */;
const SMALLEST = 256;

/** The size class of a request: eight steps to a power of two, so at most an eighth is wasted. */
export function sizeClass(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = Math.max(SMALLEST, 2 ** (Math.floor(Math.log2(bytes)) - 3));
  return Math.ceil(bytes / step) * step;
}

/**
 * Hands out storage buffers and takes them back.
 *
 * Of the buffers that fit a request, the one that was made first is handed out: so it depends on which are
 * free, not on the order in which they came back, and every training step gets the buffers of the one
 * before it, and their bind groups with them.
 *
 * The queue runs in order, so a kernel may reuse a buffer the moment its last dispatch is recorded. A
 * host write is different: it lands before the whole unsubmitted stream, so it needs a buffer that no
 * unsubmitted command names ({@link BufferPool.acquire} with `forHost`).
 */
export class BufferPool {
  /** By size, the oldest buffer last. */
  #free = new Map<number, PooledBuffer[]>();
  #live = 0;
  #peak = 0;
  #freeBytes = 0;
  #buffers = 0;
  #nextId = 1;
  /** Bytes of the largest buffer that a kernel can bind whole. */
  readonly #largest: number;

  /**
   * An empty pool.
   *
   * @param gpu The device that owns the buffers.
   * @param budget Most bytes to hold, in use and waiting.
   * @param stream The serial number of the stream that is being recorded.
   * @param submit Submits what was recorded, before buffers are destroyed.
   */
  constructor(
    private readonly gpu: GPUDevice,
    readonly budget: number,
    private readonly stream: () => number,
    private readonly submit: () => void,
  ) {
    const { maxBufferSize, maxStorageBufferBindingSize } = gpu.limits;
    this.#largest = Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / 16) * 16;
  }

  /** Bytes and buffers as they stand. */
  get use(): MemoryUse {
    return { live: this.#live, peak: this.#peak, free: this.#freeBytes, buffers: this.#buffers };
  }

  /** Starts a new measurement of {@link MemoryUse.peak}. */
  resetPeak(): void {
    this.#peak = this.#live;
  }

  /**
   * A buffer of at least `bytes` bytes; its content is undefined.
   *
   * @throws {OutOfMemoryError} if it does not fit the budget or the device's largest buffer.
   */
  acquire(bytes: number, op: string, forHost = false): PooledBuffer {
    const size = Math.max(bytes, Math.min(sizeClass(bytes), this.#largest));
    const waiting = this.#free.get(size);
    const at = waiting && forHost
      ? waiting.findLastIndex((b) => b.freedAt < this.stream())
      : (waiting?.length ?? 0) - 1;
    let buffer: PooledBuffer;
    if (waiting && at >= 0) {
      buffer = at === waiting.length - 1 ? waiting.pop()! : waiting.splice(at, 1)[0];
      this.#freeBytes -= size;
    } else buffer = this.#create(size, op);
    this.#live += size;
    this.#buffers++;
    this.#peak = Math.max(this.#peak, this.#live);
    return buffer;
  }

  /** Takes a buffer back. */
  release(buffer: PooledBuffer): void {
    buffer.freedAt = this.stream();
    this.#live -= buffer.size;
    this.#buffers--;
    this.#freeBytes += buffer.size;
    const waiting = this.#free.get(buffer.size);
    if (waiting) waiting.splice(placeOf(buffer, waiting), 0, buffer);
    else this.#free.set(buffer.size, [buffer]);
  }

  /** Destroys the buffers that wait; commands that name them are submitted first. */
  trim(): void {
    this.submit();
    for (const waiting of this.#free.values()) for (const b of waiting) b.gpu.destroy();
    this.#free.clear();
    this.#freeBytes = 0;
  }

  #create(size: number, op: string): PooledBuffer {
    if (size > this.#largest) {
      throw new OutOfMemoryError(
        `a tensor of ${size} bytes is larger than the device allows (${this.#largest})`,
        op,
      );
    }
    if (this.#live + this.#freeBytes + size > this.budget) {
      this.trim();
      if (this.#live + size > this.budget) {
        throw new OutOfMemoryError(
          `${size} more bytes do not fit the memory budget (${this.#live} of ${this.budget} in use)`,
          op,
        );
      }
    }
    const gpu = this.gpu.createBuffer({ size, usage: USAGE, label: op });
    return { id: this.#nextId++, gpu, size, freedAt: -1 };
  }
}

/** Where `buffer` belongs among buffers whose numbers fall. */
function placeOf({ id }: PooledBuffer, buffers: readonly PooledBuffer[]): number {
  let low = 0, high = buffers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (buffers[middle].id > id) low = middle + 1;
    else high = middle;
  }
  return low;
}
