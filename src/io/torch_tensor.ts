/**
 * Tensors of PyTorch files: views of storages, read when asked for.
 *
 * @module
 */
import { ArchiveError } from "./archive_error.ts";
import type { SafetensorsDType } from "./safetensors_header.ts";

/** PyTorch's storage classes. */
export const STORAGES: ReadonlyMap<string, readonly [dtype: SafetensorsDType, bytes: number]> =
  new Map([
    ["torch.DoubleStorage", ["F64", 8]],
    ["torch.FloatStorage", ["F32", 4]],
    ["torch.HalfStorage", ["F16", 2]],
    ["torch.BFloat16Storage", ["BF16", 2]],
    ["torch.LongStorage", ["I64", 8]],
    ["torch.IntStorage", ["I32", 4]],
    ["torch.ShortStorage", ["I16", 2]],
    ["torch.CharStorage", ["I8", 1]],
    ["torch.ByteStorage", ["U8", 1]],
    ["torch.BoolStorage", ["BOOL", 1]],
  ]);

/** A storage: a run of elements that several tensors may be views of. */
export interface TorchStorage {
  readonly key: string;
  readonly dtype: SafetensorsDType;
  /** Bytes of an element. */
  readonly width: number;
  /** Elements. */
  readonly length: number;
  /** Reads the elements from `begin` up to `end`, little-endian. */
  read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** More elements than this are made of a storage with fewer only by mistake, or by malice. */
const MOST_REPEATED = 2 ** 20;

/** A tensor of a PyTorch file. */
export class TorchTensor {
  /** Number of elements. */
  readonly size: number;
  /** Offset behind the last element that it reads, in its storage. */
  readonly #end: number;

  /**
   * Checks a view of a storage.
   *
   * @param offset Its first element.
   * @param shape Sizes, outermost first.
   * @param strides Elements from one to the next, by dimension.
   * @throws {ArchiveError} if it does not lie within the storage.
   */
  constructor(
    private readonly label: string,
    readonly storage: TorchStorage,
    private readonly offset: number,
    readonly shape: readonly number[],
    private readonly strides: readonly number[],
  ) {
    const natural = (n: unknown) => Number.isSafeInteger(n) && Number(n) >= 0;
    const sound = [offset, ...shape, ...strides].every(natural) &&
      shape.length === strides.length &&
      shape.length <= 64;
    this.size = shape.reduce((product, n) => product * n, 1);
    this.#end = this.size === 0
      ? offset
      : 1 + shape.reduce((last, n, i) => last + (n - 1) * strides[i], offset);
    if (
      !sound || !(this.#end <= storage.length) ||
      (this.size > storage.length && this.size > MOST_REPEATED)
    ) {
      throw new ArchiveError(
        label,
        `a tensor [${shape}] does not lie within its storage of ${storage.length}`,
      );
    }
  }

  /** Type of the elements. */
  get dtype(): SafetensorsDType {
    return this.storage.dtype;
  }

  /** Whether its elements lie in order, one behind the other. */
  get #contiguous(): boolean {
    let step = 1;
    for (let d = this.shape.length - 1; d >= 0; d--) {
      if (this.shape[d] !== 1 && this.strides[d] !== step) return false;
      step *= this.shape[d];
    }
    return true;
  }

  /**
   * The elements, little-endian, row-major.
   *
   * @throws {ArchiveError} if the file does not hold them.
   */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    if (this.size === 0) return new Uint8Array();
    const { width } = this.storage;
    const span = await this.storage.read(this.offset, this.#end);
    if (span.length !== (this.#end - this.offset) * width) {
      throw new ArchiveError(this.label, `storage ${this.storage.key} is shorter than it says`);
    }
    if (this.#contiguous) return span;
    const packed = new Uint8Array(this.size * width), index = this.shape.map(() => 0);
    for (let i = 0, from = 0; i < this.size; i++) {
      packed.set(span.subarray(from * width, (from + 1) * width), i * width);
      for (let d = index.length - 1; d >= 0; d--) {
        from += this.strides[d];
        if (++index[d] < this.shape[d]) break;
        from -= this.strides[d] * this.shape[d];
        index[d] = 0;
      }
    }
    return packed;
  }
}
