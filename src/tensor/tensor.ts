/**
 * Tensors: contiguous, typed arrays on a device.
 *
 * @module
 */
import type { Device } from "../gpu/device.ts";
import type { BufferBinding } from "../gpu/pipeline.ts";
import type { PooledBuffer } from "../gpu/pool.ts";
import { BYTES, type DType, hostArray, type HostArrays } from "./dtype.ts";
import { enterScope } from "./scope.ts";
import { resolveShape, type Shape, sizeOf } from "./shape.ts";

/** A pooled buffer that several tensors may share; it goes back when the last lets go. */
class Storage {
  refs = 0;
  constructor(readonly device: Device, readonly buffer: PooledBuffer) {}

  release(): void {
    if (--this.refs === 0) this.device.pool.release(this.buffer);
  }
}

/** Bytes of a buffer for `size` elements: whole vectors of 16 bytes, and never none. */
function bufferBytes(size: number, dtype: DType): number {
  return Math.max(16, Math.ceil(size * BYTES[dtype] / 16) * 16);
}

let nextId = 1;

/**
 * A contiguous array on a device, immutable to the user. Elements are row-major, the last dimension
 * innermost. A tensor made inside a {@link Scope} is given back with it; any other belongs to its
 * maker, who calls {@link Tensor.dispose} (or declares it with `using`).
 */
export class Tensor<D extends DType = DType> implements BufferBinding {
  /** Tells tensors apart; views of the same storage have numbers of their own. */
  readonly id: number = nextId++;
  #storage: Storage | undefined;

  /** Use {@link tensor}, {@link empty} or an op. */
  constructor(
    readonly device: Device,
    readonly dtype: D,
    readonly shape: Shape,
    storage: Storage,
    /** Number of elements. */
    readonly size: number = sizeOf(shape),
  ) {
    this.#storage = storage;
    storage.refs++;
    enterScope(this);
  }

  /** The pooled buffer that holds the elements. */
  get buffer(): PooledBuffer {
    return this.#live().buffer;
  }

  /** Bytes that a kernel may read: the elements, up to the next multiple of 16. */
  get bytes(): number {
    return bufferBytes(this.size, this.dtype);
  }

  /** Whether no other tensor shares the storage. */
  get unshared(): boolean {
    return this.#live().refs === 1;
  }

  /** Whether the tensor was given back. */
  get disposed(): boolean {
    return this.#storage === undefined;
  }

  /**
   * The same elements in another shape, without a copy; one size may be -1. No gradient flows through
   * it: where one must, use the op `reshape()`.
   */
  reshape(shape: Shape): Tensor<D> {
    const { device, dtype, size } = this;
    return new Tensor(device, dtype, resolveShape(shape, size), this.#live(), size);
  }

  /** Another handle on the same elements, with a lifetime of its own. */
  alias(): Tensor<D> {
    const { device, dtype, shape, size } = this;
    return new Tensor(device, dtype, shape, this.#live(), size);
  }

  /**
   * Reads the elements, after everything recorded so far has run.
   *
   * @throws {GpuError} if an earlier command failed.
   */
  async data(): Promise<HostArrays[D]> {
    const bytes = await this.device.read(this, this.size * BYTES[this.dtype]);
    return hostArray(this.dtype, bytes);
  }

  /** Gives the tensor back. The second and later calls do nothing. */
  dispose(): void {
    this.#storage?.release();
    this.#storage = undefined;
  }

  /** As {@link Tensor.dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #live(): Storage {
    if (!this.#storage) throw new Error(`tensor [${this.shape}] was used after it was disposed`);
    return this.#storage;
  }
}

/** A tensor with undefined elements, for a kernel to fill; `op` names it in errors. */
export function empty<D extends DType>(
  device: Device,
  dtype: D,
  shape: Shape,
  op = "empty",
): Tensor<D> {
  const size = sizeOf(shape), buffer = device.pool.acquire(bufferBytes(size, dtype), op);
  return new Tensor(device, dtype, shape, new Storage(device, buffer), size);
}

/** A tensor of zeros. */
export function zeros<D extends DType>(device: Device, dtype: D, shape: Shape): Tensor<D> {
  const made = empty(device, dtype, shape, "zeros");
  device.clear(made);
  return made;
}

/** The dtype that a host array uploads to. */
export type Uploaded<A> = A extends Float32Array ? "f32"
  : A extends Int32Array ? "i32"
  : A extends Uint32Array ? "u32"
  : A extends Uint16Array ? "f16"
  : "u8";

/** What {@link tensor} takes. */
export type Uploadable =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/**
 * Uploads a typed array; its class decides the dtype (a `Uint16Array` holds f16 bits).
 *
 * @throws {RangeError} if the number of elements does not fit `shape`.
 *
 * @example
 * ```ts ignore
 * const device = await openDevice();
 * using a = tensor(device, new Float32Array([1, 2, 3, 4]), [2, 2]);
 * ```
 */
export function tensor<A extends Uploadable>(
  device: Device,
  data: A,
  shape: Shape = [data.length],
): Tensor<Uploaded<A>> {
  if (sizeOf(shape) !== data.length) {
    throw new RangeError(`${data.length} elements do not fill the shape [${shape}]`);
  }
  const dtype = dtypeOf(data) as Uploaded<A>;
  const bytes = bufferBytes(data.length, dtype);
  const storage = new Storage(device, device.pool.acquire(bytes, "tensor", true));
  const made = new Tensor(device, dtype, shape, storage);
  if (data.byteLength) device.write(made, data);
  return made;
}

function dtypeOf(data: Uploadable): DType {
  if (data instanceof Float32Array) return "f32";
  if (data instanceof Int32Array) return "i32";
  if (data instanceof Uint32Array) return "u32";
  return data instanceof Uint16Array ? "f16" : "u8";
}
